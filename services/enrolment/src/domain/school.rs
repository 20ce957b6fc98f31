//! What enrolment knows of a school, and which cases a caller may see.

use super::{Broken, HubId, RoundProgramme, Urn};

/// The phase by which the programme counts a school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Phase {
    Primary,
    Secondary,
    AllThrough,
}

/// A school as the newest register describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct School {
    pub(crate) urn: Urn,
    /// None when the programme does not count the phase.
    pub(crate) phase: Option<Phase>,
    /// Why it is out of the programme; None when it is in.
    pub(crate) out_because: Option<&'static str>,
}

impl School {
    /// Whether it may apply for a programme.
    pub(crate) fn check_eligible(&self, programme: &RoundProgramme) -> Result<(), Broken> {
        let not_eligible = |why| Err(Broken::NotEligible { urn: self.urn, why });
        match (self.out_because, self.phase) {
            (Some(why), _) => not_eligible(why),
            (None, Some(phase)) if programme.phases.contains(&phase) => Ok(()),
            (None, _) => not_eligible("phase_not_of_programme"),
        }
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
