//! Whether a school may take part, and whether its hub gives places, by the network's events up to the day.

use mirror::{Hub, School};
use name::HubId;
use time::Date;

use super::rules::{Application, ApplicationViolation};
use crate::{
    places::{PlacesViolation, check_hub_open},
    round::{Round, RoundProgramme},
};

/// A school and its hub on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Eligibility {
    /// The school and its successors that the register lists: a successor takes over the application when the school closes.
    pub(crate) schools: Vec<School>,
    pub(crate) hub: Hub,
    /// The hub that the school's lineage has chosen.
    pub(crate) chosen_hub: Option<HubId>,
}

impl Eligibility {
    /// Whether the school, or one of its successors, may take part.
    pub(crate) fn check_school(&self, application: &Application, round: &Round) -> Result<(), ApplicationViolation> {
        let programme = round.programme(&application.programme);
        let own = self.schools.iter().find(|school| school.urn == application.urn);
        let may_one = self.schools.iter().any(|school| ineligibility(Some(school), programme).is_none());
        match ineligibility(own, programme).filter(|_| !may_one) {
            Some(why) => Err(ApplicationViolation::NotEligible { urn: application.urn, why, terms: programme.terms_name() }),
            None => Ok(()),
        }
    }

    /// Whether the hub gives places of the round's year.
    pub(crate) fn check_hub(&self, round: &Round, today: Date) -> Result<(), PlacesViolation> {
        check_hub_open(&self.hub, round.academic_year, today)
    }
}

/// Why a school may not take part in a programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ineligibility {
    /// The newest register does not list the school.
    NotListed,
    /// By the terms of the programme.
    Terms(eligibility::Ineligibility),
}

impl Ineligibility {
    /// The clause in the message of the error.
    pub(crate) const fn clause(self) -> &'static str {
        match self {
            Self::NotListed => "the newest register does not list the school",
            Self::Terms(reason) => reason.clause(),
        }
    }
}

impl std::fmt::Display for Ineligibility {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotListed => "not_listed",
            Self::Terms(reason) => reason.as_str(),
        })
    }
}

/// Whether a school may apply for a programme.
pub(super) fn check_eligible(school: &School, programme: &RoundProgramme) -> Result<(), ApplicationViolation> {
    match ineligibility(Some(school), programme) {
        Some(why) => Err(ApplicationViolation::NotEligible { urn: school.urn, why, terms: programme.terms_name() }),
        None => Ok(()),
    }
}

/// Why a school may not take part in a programme; `None` when it may. `school` is `None` when the register does not list it.
pub(super) fn ineligibility(school: Option<&School>, programme: &RoundProgramme) -> Option<Ineligibility> {
    let Some(school) = school else { return Some(Ineligibility::NotListed) };
    programme.eligibility.check(&school.establishment).err().map(Ineligibility::Terms)
}
