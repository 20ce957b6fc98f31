//! Compares two measurements school by school.

use std::collections::{BTreeMap, BTreeSet};

use time::AcademicYear;

use super::{Phase, Stage, count::TOTAL, denominators::Denominators, fact::Fact, register::Coverage};

/// The cause of a school's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The state was true on the earlier true-on day, and was recorded after the earlier report was measured.
    Learned,
    /// The state became true between the two true-on days.
    Happened,
    /// The later report was measured by another policy of the Council.
    Decided,
}

/// The state of a school in the figures of an academic year, a programme and a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolState {
    /// Code of its region.
    pub region_code: &'static str,
    /// Three-digit code of its authority.
    pub old_la_code: String,
    /// Its phase; `None` for 16 plus institutions.
    pub phase: Option<Phase>,
    /// True if it is in the denominator. False where no register covers the year.
    pub eligible: bool,
    /// True if it was reached in the year.
    pub reached: bool,
    /// True if it was reached in the year and in no earlier one.
    pub reached_new: bool,
    /// True if it was reached in any year since the first one.
    pub reached_since: bool,
    /// The schools through which it was reached: itself, or its predecessors.
    pub through: BTreeSet<i32>,
}

/// A school that counts differently in one row of the files, and in the rows that include it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Year of the row.
    pub year: AcademicYear,
    /// Programme id of the row; `None` for the total.
    pub programme: Option<String>,
    /// Stage of the row.
    pub stage: Stage,
    /// The school.
    pub urn: i32,
    /// The cause.
    pub cause: Cause,
    /// The state before; `None` when it did not count.
    pub before: Option<SchoolState>,
    /// The state after; `None` when it does not count.
    pub after: Option<SchoolState>,
}

#[derive(Default)]
struct SchoolReach {
    in_year: bool,
    before: bool,
    through: BTreeSet<i32>,
}

/// A measurement with the reach of every single school.
pub(super) struct View {
    denominators: Denominators,
    /// By year, programme, stage and the school that it counts for.
    school_reaches: BTreeMap<(i16, u32, Stage, i32), SchoolReach>,
}

impl View {
    pub(super) fn new(denominators: Denominators, facts: &[Fact]) -> Self {
        let mut school_reaches: BTreeMap<(i16, u32, Stage, i32), SchoolReach> = BTreeMap::new();
        for &year in &denominators.years {
            for fact in facts.iter().filter(|fact| fact.year <= year) {
                for &school in denominators.counted_for[&year].schools(fact.urn) {
                    let urn = denominators.year_schools[&year].urn(school);
                    for programme in [TOTAL, fact.programme] {
                        let school_reach = school_reaches.entry((year, programme, fact.stage, urn)).or_default();
                        school_reach.in_year |= fact.year == year;
                        school_reach.before |= fact.year < year;
                        school_reach.through.insert(fact.urn);
                    }
                }
            }
        }
        Self { denominators, school_reaches }
    }

    /// Indices of programmes by id; the total has the id `None`.
    fn programmes(&self) -> BTreeMap<Option<&str>, u32> {
        let ids = std::iter::once(None).chain(self.denominators.programmes.iter().map(|(id, _)| Some(id.as_str())));
        ids.zip(self.denominators.programmes_with_total()).collect()
    }

    fn find_state(&self, year: i16, programme: Option<u32>, stage: Stage, urn: i32) -> Option<SchoolState> {
        let year_school = self.denominators.year_schools.get(&year)?.find(urn)?;
        let programme = programme.filter(|programme| self.denominators.takes(year, *programme, year_school.kind))?;
        let authority = self.denominators.authorities[&year].get(&year_school.la)?;
        let school_reach = self.school_reaches.get(&(year, programme, stage, urn));
        Some(SchoolState {
            region_code: super::REGIONS[year_school.region].code,
            old_la_code: authority.old_la_code.clone(),
            phase: year_school.kind.phase,
            eligible: self.denominators.coverage[&year] != Coverage::Uncovered,
            reached: school_reach.is_some_and(|school_reach| school_reach.in_year),
            reached_new: school_reach.is_some_and(|school_reach| school_reach.in_year && !school_reach.before),
            reached_since: school_reach.is_some(),
            through: school_reach.map(|school_reach| school_reach.through.clone()).unwrap_or_default(),
        })
    }

    /// The differences in the years of both measurements, in the order of the files and of the schools.
    pub(super) fn changes(&self, after: &Self, cause: Cause) -> Vec<Change> {
        let (before_programmes, after_programmes) = (self.programmes(), after.programmes());
        let programmes: BTreeSet<Option<&str>> = before_programmes.keys().chain(after_programmes.keys()).copied().collect();
        let mut changes = Vec::new();
        for year in self.denominators.years.iter().copied().filter(|year| after.denominators.years.contains(year)) {
            let urns: BTreeSet<i32> = [self, after]
                .into_iter()
                .flat_map(|view| view.denominators.year_schools[&year].iter().map(|(urn, _)| urn))
                .collect();
            for programme in &programmes {
                let [from, to] = [&before_programmes, &after_programmes].map(|programmes| programmes.get(programme).copied());
                for stage in Stage::ALL {
                    for &urn in &urns {
                        let [before, after] = [(self, from), (after, to)].map(|(view, of)| view.find_state(year, of, stage, urn));
                        // In a year without a register, a school that was never reached is in no figure.
                        let counts = |state: &Option<SchoolState>| state.as_ref().is_some_and(|s| s.eligible || s.reached_since);
                        if before != after && (counts(&before) || counts(&after)) {
                            let programme = programme.map(str::to_owned);
                            changes.push(Change {
                                year: AcademicYear::starting(year),
                                programme,
                                stage,
                                urn,
                                cause,
                                before,
                                after,
                            });
                        }
                    }
                }
            }
        }
        changes
    }
}
