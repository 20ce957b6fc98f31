//! Counts reached schools: each school once for a year, a programme and a stage.
//!
//! The engine has reduced the events to distinct facts, and these are bounded: by schools, years, programmes and stages. They are counted in flat arrays, one
//! year after the other.

use std::collections::HashMap;

use super::{
    Stage,
    cell::{CellKey, Cells, Counts},
    denominators::Denominators,
    fact::Fact,
};

/// Index of the total of all programmes.
pub(super) const TOTAL: u32 = u32::MAX;

/// The years in which a school came to a stage.
const IN_YEAR: u8 = 1;
const BEFORE: u8 = 2;

/// Counts the cells. A school that is reached in a year also counts as reached since the first one, and no school is counted twice in a cell.
pub(super) fn cells(denominators: &Denominators, facts: &[Fact]) -> Cells {
    let mut cells = denominators.cells();
    for &year in &denominators.years {
        add_year(&mut cells, denominators, year, facts);
    }
    cells
}

fn add_year(cells: &mut Cells, denominators: &Denominators, year: i16, facts: &[Fact]) {
    let (schools, counted_for) = (&denominators.year_schools[&year], &denominators.counted_for[&year]);
    // By school; then by programme, the total first, because a school of several programmes counts once in it; then by stage.
    let width = (1 + denominators.programmes.len()) * Stage::ALL.len();
    let mut reached = vec![0_u8; schools.len() * width];
    for facts in facts.chunk_by(|a, b| a.urn == b.urn) {
        for school in counted_for.schools(facts[0].urn) {
            let reached = &mut reached[school * width..][..width];
            for fact in facts.iter().filter(|fact| fact.year <= year) {
                let when = if fact.year == year { IN_YEAR } else { BEFORE };
                let stage = fact.stage as usize;
                reached[stage] |= when;
                reached[(1 + fact.programme as usize) * Stage::ALL.len() + stage] |= when;
            }
        }
    }
    // By region, authority and phase; then by programme, the total first.
    let mut places = HashMap::new();
    for ((_, school), reached) in schools.iter().zip(reached.chunks_exact(width)) {
        if reached.iter().all(|when| *when == 0) {
            continue;
        }
        let place = places.entry((school.region, school.la, school.kind.phase));
        let counted = place.or_insert_with(|| vec![[Counts::default(); Stage::ALL.len()]; 1 + denominators.programmes.len()]);
        let of_programmes = denominators.programmes_with_total().zip(reached.chunks_exact(Stage::ALL.len())).zip(counted);
        for ((programme, reached), counted) in of_programmes {
            if reached.iter().any(|when| *when != 0) && denominators.takes(year, programme, school.kind) {
                counted.iter_mut().zip(reached).for_each(|(counts, when)| *counts += counts_of(*when));
            }
        }
    }
    for ((region, la, phase), counted) in places {
        for (programme, stages) in denominators.programmes_with_total().zip(counted) {
            if stages.iter().any(|counts| counts.since > 0) {
                let programme = (programme != TOTAL).then_some(programme);
                let key = CellKey { year, programme, region, la, phase };
                cells.cells.entry(key).or_default().stages = stages;
            }
        }
    }
}

/// The counts of one school.
fn counts_of(when: u8) -> Counts {
    Counts { reached: u32::from(when & IN_YEAR != 0), new: u32::from(when == IN_YEAR), since: u32::from(when != 0) }
}
