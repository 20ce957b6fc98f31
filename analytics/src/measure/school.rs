//! A school as of one import: its membership in a day's denominator, and otherwise the reason.

use proto::network::v1::RegisterReason;
use time::Date;

use super::{Phase, register::Coverage};

/// Location of a school by its row. Many schools share one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Location {
    /// Index into [`REGIONS`].
    pub(super) region: Option<usize>,
    pub(super) old_la_code: String,
    pub(super) new_la_code: String,
    pub(super) la_name: String,
}

/// A school as of one import.
#[derive(Debug)]
pub(super) struct SchoolRow {
    pub(super) urn: i32,
    /// Index into the registers' locations.
    pub(super) location: usize,
    /// Index into [`REGIONS`].
    pub(super) region: Option<usize>,
    pub(super) phase: Option<Phase>,
    pub(super) type_group_code: i32,
    /// Index into the registers' classes.
    pub(super) class: usize,
    status_code: i32,
    open: Option<Date>,
    close: Option<Date>,
    reason: RegisterReason,
    listed: bool,
}

/// Reasons why a school is outside a day's denominator. The names are those in the report's manifest.
pub(super) mod outside {
    pub(in super::super) const UNKNOWN: &str = "urn_not_in_register";
    pub(in super::super) const CLOSED: &str = "closed";
    pub(in super::super) const NOT_OPEN: &str = "not_open_yet";
    pub(in super::super) const NOT_STATE_FUNDED: &str = "not_state_funded";
    pub(in super::super) const PHASE_NOT_COUNTED: &str = "phase_not_counted";
    pub(in super::super) const NO_REGION: &str = "no_region";
    pub(in super::super) const UNKNOWN_STATUS: &str = "unknown_status";
    pub(in super::super) const UNKNOWN_PHASE: &str = "unknown_phase";
    pub(in super::super) const PHASE_NOT_PLAYED: &str = "programme_not_played_in_phase";
}

const STATUS_CLOSED: i32 = 2;
const STATUS_PROPOSED_TO_OPEN: i32 = 4;

/// The days on which a register does not say if a school was open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Undated {
    /// No days.
    Never,
    /// The days before this one.
    Before(Date),
    /// All days.
    Always,
}

impl Undated {
    /// True if the day is one of them.
    pub(super) fn is_on(self, day: Date) -> bool {
        match self {
            Self::Never => false,
            Self::Before(close) => day < close,
            Self::Always => true,
        }
    }
}

/// The values of a school in one import.
pub(super) struct SchoolValues {
    pub(super) urn: i32,
    pub(super) location: usize,
    pub(super) region: Option<usize>,
    pub(super) phase: Option<Phase>,
    pub(super) type_group_code: i32,
    pub(super) class: usize,
    pub(super) status_code: i32,
    pub(super) open: Option<Date>,
    pub(super) close: Option<Date>,
    pub(super) reason: RegisterReason,
    pub(super) listed: bool,
}

impl SchoolRow {
    pub(super) fn new(values: SchoolValues) -> Self {
        let SchoolValues { urn, location, region, phase, type_group_code, class, status_code, open, close, reason, listed } =
            values;
        Self { urn, location, region, phase, type_group_code, class, status_code, open, close, reason, listed }
    }

    /// `None` when the school is in the denominator of the day, otherwise the reason.
    pub(super) fn outside(&self, coverage: Coverage, day: Date, type_group_codes: &[i32]) -> Option<&'static str> {
        if !self.listed {
            return Some(outside::UNKNOWN);
        }
        // The codes are unknown on every day, not only on the extract's own.
        match self.reason {
            RegisterReason::UnknownStatus => return Some(outside::UNKNOWN_STATUS),
            RegisterReason::UnknownPhase => return Some(outside::UNKNOWN_PHASE),
            _ => {}
        }
        let by_kind = || {
            (!type_group_codes.contains(&self.type_group_code)).then_some(outside::NOT_STATE_FUNDED).or_else(|| self.unplaced())
        };
        match coverage {
            Coverage::Status => match self.reason {
                RegisterReason::In => self.unplaced(),
                RegisterReason::Closed => Some(outside::CLOSED),
                RegisterReason::ProposedToOpen => Some(outside::NOT_OPEN),
                RegisterReason::NotStateFunded => Some(outside::NOT_STATE_FUNDED),
                RegisterReason::PhaseNotCounted => Some(outside::PHASE_NOT_COUNTED),
                RegisterReason::NoRegion => Some(outside::NO_REGION),
                RegisterReason::UnknownStatus => Some(outside::UNKNOWN_STATUS),
                RegisterReason::UnknownPhase => Some(outside::UNKNOWN_PHASE),
                RegisterReason::Unspecified => Some(outside::UNKNOWN),
            },
            Coverage::Dates | Coverage::Nearest | Coverage::Uncovered => by_kind().or_else(|| self.not_open(coverage, day)),
        }
    }

    /// True if it is open in England on a day. Its kind does not matter.
    pub(super) fn is_open(&self, coverage: Coverage, day: Date) -> bool {
        let is_known = !matches!(self.reason, RegisterReason::UnknownStatus | RegisterReason::UnknownPhase);
        self.listed && is_known && self.region.is_some() && self.not_open(coverage, day).is_none()
    }

    /// Why it is not open on a day. `None` when it is open, or no register covers the day.
    fn not_open(&self, coverage: Coverage, day: Date) -> Option<&'static str> {
        match coverage {
            Coverage::Status => match self.status_code {
                STATUS_CLOSED => Some(outside::CLOSED),
                STATUS_PROPOSED_TO_OPEN => Some(outside::NOT_OPEN),
                _ => None,
            },
            // In GIAS a school is closed from its closing day on: all four schools with CloseDate 01-09-2018 have the status "Closed" in the extract
            // of that day, and those with that OpenDate are open. A closed school without a closing day is out.
            Coverage::Dates => {
                if self.close.is_some_and(|close| close <= day) {
                    Some(outside::CLOSED)
                } else if self.status_code == STATUS_PROPOSED_TO_OPEN || self.open.is_none_or(|open| open > day) {
                    Some(outside::NOT_OPEN)
                } else {
                    (self.status_code == STATUS_CLOSED && self.close.is_none()).then_some(outside::CLOSED)
                }
            }
            Coverage::Nearest => {
                if self.close.is_some_and(|close| close <= day) {
                    Some(outside::CLOSED)
                } else if self.open.is_some_and(|open| open > day) {
                    Some(outside::NOT_OPEN)
                } else {
                    // The extract's status, unless an opening or closing day contradicts it for this day.
                    match self.status_code {
                        STATUS_CLOSED => self.close.is_none().then_some(outside::CLOSED),
                        STATUS_PROPOSED_TO_OPEN => self.open.is_none().then_some(outside::NOT_OPEN),
                        _ => None,
                    }
                }
            }
            Coverage::Uncovered => None,
        }
    }

    /// The days on which its status is unknown: its opening day is blank, and it was not only proposed. From its closing day on it was closed in any
    /// case. A school that never counts has none.
    pub(super) fn undated(&self) -> Undated {
        let is_known = !matches!(self.reason, RegisterReason::UnknownStatus | RegisterReason::UnknownPhase);
        let counts = self.listed && is_known && self.status_code != STATUS_PROPOSED_TO_OPEN && self.unplaced().is_none();
        match (counts && self.open.is_none(), self.close) {
            (false, _) => Undated::Never,
            (true, Some(close)) => Undated::Before(close),
            (true, None) => Undated::Always,
        }
    }

    /// A school without a region or a counted phase is in no row.
    fn unplaced(&self) -> Option<&'static str> {
        if self.phase.is_none() {
            Some(outside::PHASE_NOT_COUNTED)
        } else if self.region.is_none() {
            Some(outside::NO_REGION)
        } else {
            None
        }
    }
}
