//! The programmes of rounds: their names, and the phases in which they are played by year.

use std::collections::{BTreeMap, BTreeSet};

use time::AcademicYear;

use super::{Phase, specialist::Cohort};

/// Maximum years that a school takes part.
pub(super) const YEARS_MAX: i32 = 10;

/// A round, as far as measuring needs it.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) name: String,
    pub(super) academic_year: String,
    pub(super) programmes: Vec<RoundProgramme>,
}

/// A programme of a round.
#[derive(Debug)]
pub(super) struct RoundProgramme {
    pub(super) programme: String,
    pub(super) display_name: String,
    pub(super) phases: Vec<Phase>,
    pub(super) years_count: i32,
}

/// The newest description of each round.
#[derive(Debug)]
pub(super) struct Rounds(BTreeMap<String, Round>);

/// A programme: its name, and its phases by year.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) display_name: String,
    pub(super) phases: BTreeMap<i16, BTreeSet<Phase>>,
}

impl Rounds {
    /// Rounds in the order of their descriptions.
    pub(super) fn new(rounds: impl Iterator<Item = Round>) -> Self {
        Self(rounds.map(|round| (round.name.clone(), round)).collect())
    }

    /// All programmes of a round, of a cohort that counts, and those with a fact, by id.
    pub(super) fn programmes<'a>(
        &self,
        of_facts: BTreeSet<String>,
        cohorts: impl Iterator<Item = &'a Cohort>,
    ) -> BTreeMap<String, Played> {
        let mut programmes: BTreeMap<String, Played> = BTreeMap::new();
        // Oldest first, so that the newest round names a programme.
        let mut rounds: Vec<&Round> = self.0.values().collect();
        rounds.sort_by(|a, b| (&a.academic_year, &a.name).cmp(&(&b.academic_year, &b.name)));
        for round in rounds {
            let Ok(first) = AcademicYear::parse(&round.academic_year).map(AcademicYear::first_year) else { continue };
            for programme in &round.programmes {
                let played = programmes.entry(programme.programme.clone()).or_default();
                played.display_name.clone_from(&programme.display_name);
                // Schools that begin in one year continue in the following ones.
                for later in 0..i16::try_from(programme.years_count.clamp(1, YEARS_MAX)).expect("at most ten") {
                    played.phases.entry(first + later).or_default().extend(&programme.phases);
                }
            }
        }
        let unnamed = |id: &String| Played { display_name: id.clone(), ..Played::default() };
        for id in of_facts {
            programmes.entry(id.clone()).or_insert_with(|| unnamed(&id));
        }
        for Cohort { programme: id, first_year, phase } in cohorts {
            let played = programmes.entry(id.clone()).or_insert_with(|| unnamed(id));
            played.phases.entry(*first_year).or_default().extend(phase);
        }
        programmes
    }
}
