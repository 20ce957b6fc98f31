//! A school in the newest register.

use name::{Phase, Urn};

db::text_enum! {
    /// Why a school is out of the programme.
    pub enum OutReason {
        /// It is closed.
        Closed = "closed",
        /// It has not opened yet.
        ProposedToOpen = "proposed_to_open",
        /// The state does not fund it.
        NotStateFunded = "not_state_funded",
        /// The programme does not count its phase.
        PhaseNotCounted = "phase_not_counted",
        /// It lies in no region of England.
        NoRegion = "no_region",
        /// The register gives a status that is not known.
        UnknownStatus = "unknown_status",
        /// The register gives a phase that is not known.
        UnknownPhase = "unknown_phase",
        /// The register does not say.
        NotJudged = "not_judged",
    }
}

impl OutReason {
    /// The reason that a number of the contract means; `None` when the school is in.
    fn of(register_reason: i64) -> Option<Self> {
        match register_reason {
            1 => None,
            2 => Some(Self::Closed),
            3 => Some(Self::ProposedToOpen),
            4 => Some(Self::NotStateFunded),
            5 => Some(Self::PhaseNotCounted),
            6 => Some(Self::NoRegion),
            7 => Some(Self::UnknownStatus),
            8 => Some(Self::UnknownPhase),
            _ => Some(Self::NotJudged),
        }
    }
}

/// A school as the newest register describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct School {
    /// Its number.
    pub urn: Urn,
    /// Three-digit code of its local authority.
    pub old_la_code: String,
    /// `None` when the programme does not count the phase.
    pub phase: Option<Phase>,
    /// Why it is out of the programme; `None` when it is in.
    pub out_reason: Option<OutReason>,
}

impl School {
    /// From the columns of the mirror.
    pub fn of(urn: Urn, old_la_code: String, education_phase: i64, register_reason: i64) -> Self {
        Self { urn, old_la_code, phase: Phase::of(education_phase), out_reason: OutReason::of(register_reason) }
    }
}
