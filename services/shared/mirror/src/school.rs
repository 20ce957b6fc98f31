//! What the newest register says of a school.

use name::{Phase, Urn};

/// A school as the newest register describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct School {
    /// Its number.
    pub urn: Urn,
    /// Three-digit code of its local authority.
    pub old_la_code: String,
    /// None when the programme does not count the phase.
    pub phase: Option<Phase>,
    /// Why it is out of the programme; None when it is in.
    pub out_because: Option<&'static str>,
}

impl School {
    /// As the mirror's columns say it.
    pub fn of(urn: Urn, old_la_code: String, education_phase: i64, register_reason: i64) -> Self {
        // As the contract numbers the reasons; 1 is in.
        let out_because = match register_reason {
            1 => None,
            2 => Some("closed"),
            3 => Some("proposed_to_open"),
            4 => Some("not_state_funded"),
            5 => Some("phase_not_counted"),
            6 => Some("no_region"),
            7 => Some("unknown_status"),
            8 => Some("unknown_phase"),
            _ => Some("not_judged"),
        };
        Self { urn, old_la_code, phase: Phase::of(education_phase), out_because }
    }
}
