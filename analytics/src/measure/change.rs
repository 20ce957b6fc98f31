//! Two measurements explained against each other, school by school.

use std::collections::{BTreeMap, BTreeSet};

use time::AcademicYear;

use super::{Phase, Stage, count::TOTAL, fact::Fact, ground::Ground, register::Coverage};

/// Why a school counts differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// It had been so on the earlier true-on day already, and was recorded only after the earlier report was measured.
    Learned,
    /// It became so between the two true-on days.
    Happened,
}

/// What a school is to the figures of an academic year, a programme and a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolState {
    /// Code of its region.
    pub region_code: &'static str,
    /// Three-digit code of its authority.
    pub old_la_code: String,
    /// Its phase.
    pub phase: Phase,
    /// Whether it is in the denominator. Not where no register covers the year.
    pub eligible: bool,
    /// Whether it was reached in the year.
    pub reached: bool,
    /// Whether it was reached in the year and in no earlier one.
    pub reached_new: bool,
    /// Whether it was ever reached since the first year.
    pub reached_since: bool,
    /// The schools whose deeds that were: itself, or its predecessors.
    pub through: BTreeSet<i32>,
}

/// A school that counts differently in one row of the files, and in those that it is part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of the row.
    pub year: AcademicYear,
    /// Of the row: the programme's id; `None` for the total.
    pub programme: Option<String>,
    /// Of the row.
    pub stage: Stage,
    /// The school.
    pub urn: i32,
    /// Why.
    pub cause: Cause,
    /// What it was; `None` when it counted for nothing.
    pub before: Option<SchoolState>,
    /// What it is.
    pub after: Option<SchoolState>,
}

#[derive(Default)]
struct Deed {
    in_year: bool,
    before: bool,
    through: BTreeSet<i32>,
}

/// A measurement, with what every single school did.
pub(super) struct View {
    ground: Ground,
    /// By year, programme, stage and the school for which it counts.
    deeds: BTreeMap<(i16, u32, Stage, i32), Deed>,
}

impl View {
    pub(super) fn new(ground: Ground, facts: &BTreeSet<Fact>) -> Self {
        let mut deeds: BTreeMap<(i16, u32, Stage, i32), Deed> = BTreeMap::new();
        for &year in &ground.years {
            for fact in facts.iter().filter(|fact| fact.year <= year) {
                for &urn in ground.arrivals[&year].get(&fact.urn).into_iter().flatten() {
                    for programme in [TOTAL, fact.programme] {
                        let deed = deeds.entry((year, programme, fact.stage, urn)).or_default();
                        deed.in_year |= fact.year == year;
                        deed.before |= fact.year < year;
                        deed.through.insert(fact.urn);
                    }
                }
            }
        }
        Self { ground, deeds }
    }

    /// Places of programmes by their ids, the total's by `None`.
    fn programmes(&self) -> BTreeMap<Option<&str>, u32> {
        let ids = std::iter::once(None).chain(self.ground.programmes.iter().map(|(id, _)| Some(id.as_str())));
        ids.zip(self.ground.programmes_with_total()).collect()
    }

    fn find_state(&self, year: i16, programme: Option<u32>, stage: Stage, urn: i32) -> Option<SchoolState> {
        let standing = self.ground.standing.get(&year)?.get(&urn)?;
        let programme = programme.filter(|programme| self.ground.played(year, *programme, standing.phase))?;
        let authority = &self.ground.authorities[&year][&standing.la];
        let deed = self.deeds.get(&(year, programme, stage, urn));
        Some(SchoolState {
            region_code: super::REGIONS[standing.region].code,
            old_la_code: authority.old_la_code.clone(),
            phase: standing.phase,
            eligible: self.ground.coverage[&year] != Coverage::Uncovered,
            reached: deed.is_some_and(|deed| deed.in_year),
            reached_new: deed.is_some_and(|deed| deed.in_year && !deed.before),
            reached_since: deed.is_some(),
            through: deed.map(|deed| deed.through.clone()).unwrap_or_default(),
        })
    }

    /// What differs in the years that both have, in the order of the files and of the schools.
    pub(super) fn changes(&self, after: &Self, cause: Cause) -> Vec<Change> {
        let (before_programmes, after_programmes) = (self.programmes(), after.programmes());
        let programmes: BTreeSet<Option<&str>> = before_programmes.keys().chain(after_programmes.keys()).copied().collect();
        let mut changes = Vec::new();
        for year in self.ground.years.iter().copied().filter(|year| after.ground.years.contains(year)) {
            let urns: BTreeSet<i32> =
                [self, after].into_iter().flat_map(|view| view.ground.standing[&year].keys().copied()).collect();
            for programme in &programmes {
                let [from, to] = [&before_programmes, &after_programmes].map(|programmes| programmes.get(programme).copied());
                for stage in Stage::ALL {
                    for &urn in &urns {
                        let [before, after] = [(self, from), (after, to)].map(|(view, of)| view.find_state(year, of, stage, urn));
                        // Where no register covers the year, a school that was never reached is in no figure.
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
