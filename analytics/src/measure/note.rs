//! Notes on the basis of each year's figures, for the manifest of the report.

use std::collections::BTreeMap;

use time::AcademicYear;

use super::{RegisterUsed, denominators::Denominators, fact::Fact, register::Coverage, school::outside};

/// The basis of a year's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearNote {
    /// The year.
    pub year: AcademicYear,
    /// How a register covers its first day.
    pub coverage: Coverage,
    /// The register; `None` when it is not covered.
    pub register: Option<RegisterUsed>,
    /// Schools of the denominator, in all phases. 0 when it is not covered.
    pub schools_count: u32,
    /// Schools with a fact in the year that count for no school of its denominator, by reason.
    pub outside_counts: BTreeMap<&'static str, u32>,
    /// Schools of the denominator that were reached since the first year at some stage, only through a predecessor.
    pub inherited_count: u32,
    /// Predecessors from which several schools of the denominator inherit reach.
    pub split_predecessors_count: u32,
    /// The schools that inherit from those: each successor of a split counts.
    pub split_inherited_count: u32,
}

/// How a school of the year is reached by any fact until then.
#[derive(Debug, Clone, Copy, Default)]
struct Inherits {
    itself: bool,
    from_another: bool,
    from_split: bool,
}

impl YearNote {
    /// The note of a year. `outside` is the reason why a school whose facts count for no school of the year is not among them.
    pub(super) fn new(
        denominators: &Denominators,
        (year, coverage): (i16, Coverage),
        register: Option<RegisterUsed>,
        facts: &[Fact],
        outside: impl Fn(i32) -> Option<&'static str>,
    ) -> Self {
        let (schools, counted_for) = (&denominators.year_schools[&year], &denominators.counted_for[&year]);
        let mut inherits = vec![Inherits::default(); schools.len()];
        let mut outside_counts = BTreeMap::new();
        let mut split_predecessors_count = 0;
        for facts in facts.chunk_by(|a, b| a.urn == b.urn) {
            let urn = facts[0].urn;
            let counts_for = counted_for.schools(urn);
            let mut heirs = Vec::new();
            // A school's facts differ by stage, too, and count for the same schools.
            let (mut in_year, mut counted) = (false, false);
            for facts in facts.chunk_by(|a, b| a.programme == b.programme) {
                // In order of the years.
                if facts[0].year > year {
                    continue;
                }
                let takes = |school: &&usize| denominators.takes(year, facts[0].programme, schools.kind(**school));
                let before = heirs.len();
                heirs.extend(counts_for.iter().filter(takes).copied());
                let is_in_year = facts.iter().any(|fact| fact.year == year);
                in_year |= is_in_year;
                counted |= is_in_year && heirs.len() > before;
            }
            if in_year && !counted {
                let unknown = || outside(urn).unwrap_or(outside::UNKNOWN);
                let reason = if counts_for.is_empty() { unknown() } else { outside::PHASE_NOT_PLAYED };
                *outside_counts.entry(reason).or_default() += 1;
            }
            heirs.sort_unstable();
            heirs.dedup();
            let others = heirs.iter().filter(|school| schools.urn(**school) != urn).count();
            split_predecessors_count += u32::from(others > 1);
            for school in heirs {
                let is_itself = schools.urn(school) == urn;
                inherits[school].itself |= is_itself;
                inherits[school].from_another |= !is_itself;
                inherits[school].from_split |= !is_itself && others > 1;
            }
        }
        let count = |is_counted: fn(&Inherits) -> bool| number(inherits.iter().filter(|one| is_counted(one)).count());
        let covered = coverage != Coverage::Uncovered;
        Self {
            year: AcademicYear::starting(year),
            coverage,
            register,
            schools_count: number(schools.iter().filter(|(_, school)| covered && school.kind.in_total).count()),
            outside_counts,
            inherited_count: count(|one| one.from_another && !one.itself),
            split_predecessors_count,
            split_inherited_count: count(|one| one.from_split),
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("there are fewer schools than people")
}
