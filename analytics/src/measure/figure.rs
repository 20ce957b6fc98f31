//! The rows of the published files: their existence, order, and state.

use std::collections::{BTreeMap, HashMap};

use time::AcademicYear;

use super::{
    Authority, Level, Phase, REGIONS, Stage,
    count::{Cells, Counts, TOTAL},
    denominators::Denominators,
    register::Coverage,
};

/// The state of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FigureState {
    /// Counts and percentages are available.
    Complete,
    /// No register covers the day: counts of reached schools are available, the rest is `x`.
    NotCovered,
    /// The programme is not played in the phase or the year: all values are `z`.
    NotPlayed,
    /// There is no eligible school: percentages are `z`.
    NoSchools,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Academic year.
    pub year: AcademicYear,
    /// Geographic level and area.
    pub level: Level,
    /// Index into [`super::Reach::programmes`]; `None` for the total, in which a school of several programmes counts once.
    pub programme: Option<usize>,
    /// Phase; `None` for the total.
    pub phase: Option<Phase>,
    /// Stage.
    pub stage: Stage,
    /// The state of the figure; a count is meaningful only in some states.
    pub state: FigureState,
    /// Eligible schools open on the first day of the year. 0 unless covered and played.
    pub schools_count: u32,
    /// Of these, the schools reached in the year. Where the year is not covered, all reached schools.
    pub reached_count: u32,
    /// Of the schools reached in the year, the new ones: no earlier year reached them at this stage, themselves or through a predecessor. The others
    /// continue.
    pub reached_new_count: u32,
    /// Of these, the schools reached in any year since the first one. Where the year is not covered, all such schools.
    pub reached_since_count: u32,
}

/// Sums over the cells: by year, place, programme (`TOTAL` for all) and phase.
type Key = (i16, Place, u32, Option<Phase>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    England,
    Region(usize),
    Authority(u32),
}

/// All rows, in the order of the files: year, level and place, programme, phase, stage; a total comes before its parts.
pub(super) fn figures(denominators: &Denominators, cells: &Cells) -> Vec<Figure> {
    let mut schools: HashMap<Key, u32> = HashMap::new();
    for (&(year, region, la, phase), &count) in &denominators.schools {
        for programme in denominators.programmes_with_total() {
            if denominators.played(year, programme, phase) {
                for place in [Place::England, Place::Region(region), Place::Authority(la)] {
                    for phase in [None, Some(phase)] {
                        *schools.entry((year, place, programme, phase)).or_default() += count;
                    }
                }
            }
        }
    }
    let mut reached: HashMap<(Key, Stage), Counts> = HashMap::new();
    for (cell, counts) in cells {
        for place in [Place::England, Place::Region(cell.region), Place::Authority(cell.la)] {
            for phase in [None, Some(cell.phase)] {
                *reached.entry(((cell.year, place, cell.programme, phase), cell.stage)).or_default() += *counts;
            }
        }
    }

    let mut figures = Vec::new();
    for &year in &denominators.years {
        let covered = denominators.coverage[&year] != Coverage::Uncovered;
        for (place, level) in places(denominators, year) {
            for programme in denominators.programmes_with_total() {
                for phase in std::iter::once(None).chain(Phase::ALL.into_iter().map(Some)) {
                    let played = match phase {
                        Some(phase) => denominators.played(year, programme, phase),
                        None => Phase::ALL.into_iter().any(|phase| denominators.played(year, programme, phase)),
                    };
                    let key = (year, place, programme, phase);
                    let schools_count = if covered { schools.get(&key).copied().unwrap_or(0) } else { 0 };
                    let state = match (played, covered, schools_count) {
                        (false, _, _) => FigureState::NotPlayed,
                        (true, false, _) => FigureState::NotCovered,
                        (true, true, 0) => FigureState::NoSchools,
                        (true, true, _) => FigureState::Complete,
                    };
                    for stage in Stage::ALL {
                        let counts = reached.get(&(key, stage)).copied().filter(|_| played).unwrap_or_default();
                        figures.push(Figure {
                            year: AcademicYear::starting(year),
                            level: level.clone(),
                            programme: (programme != TOTAL).then_some(programme as usize),
                            phase,
                            stage,
                            state,
                            schools_count,
                            reached_count: counts.reached,
                            reached_new_count: counts.new,
                            reached_since_count: counts.since,
                        });
                    }
                }
            }
        }
    }
    figures
}

fn places(denominators: &Denominators, year: i16) -> Vec<(Place, Level)> {
    let mut places = vec![(Place::England, Level::National)];
    places.extend(REGIONS.iter().enumerate().map(|(index, region)| (Place::Region(index), Level::Regional(*region))));
    let authorities: BTreeMap<&Authority, u32> =
        denominators.authorities[&year].iter().map(|(la, authority)| (authority, *la)).collect();
    places
        .extend(authorities.into_iter().map(|(authority, la)| (Place::Authority(la), Level::LocalAuthority(authority.clone()))));
    places
}
