//! Which schools may apply, and which cases a caller may see.

use super::{Broken, HubId, RoundProgramme, School, Urn};

/// Whether a school may apply for a programme.
pub(crate) fn check_eligible(school: &School, programme: &RoundProgramme) -> Result<(), Broken> {
    let not_eligible = |why| Err(Broken::NotEligible { urn: school.urn, why });
    match (school.out_because, school.phase) {
        (Some(why), _) => not_eligible(why),
        (None, Some(phase)) if programme.phases.contains(&phase) => Ok(()),
        (None, _) => not_eligible("phase_not_of_programme"),
    }
}

/// The cases that a caller may see. It is applied in the SQL itself, so what lies outside does not exist for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them.
    All,
    /// Those of one hub.
    Hub(HubId),
    /// Those of one school, and of the schools from which it descends: a place carries over to the academy that a school becomes.
    School(Urn),
}

impl Scope {
    /// Whether a new case of this hub and school would lie in it.
    pub(crate) fn contains(&self, hub: &HubId, urn: Urn) -> bool {
        match self {
            Self::All => true,
            Self::Hub(own) => own == hub,
            Self::School(own) => *own == urn,
        }
    }
}
