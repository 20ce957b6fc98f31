//! What the newest register says of a school.

use name::Urn;

/// The phase by which the programme counts a school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Primary, middle-deemed-primary too.
    Primary,
    /// Secondary, middle-deemed-secondary too.
    Secondary,
    /// Both in one school.
    AllThrough,
}

impl Phase {
    /// The phase that a number of the contract means; none for other numbers.
    pub const fn of(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Primary),
            2 => Some(Self::Secondary),
            3 => Some(Self::AllThrough),
            _ => None,
        }
    }

    /// As the contract numbers it.
    pub const fn number(self) -> i64 {
        match self {
            Self::Primary => 1,
            Self::Secondary => 2,
            Self::AllThrough => 3,
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
