//! An establishment of a generated register, with all dates of its life.

use time::Date;

use super::kind::Kind;

/// A school's phase by GIAS' codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiasPhase {
    /// Not applicable: special schools, pupil referral units.
    None,
    /// Nursery.
    Nursery,
    /// Primary.
    Primary,
    /// A middle school that is deemed primary.
    MiddlePrimary,
    /// Secondary.
    Secondary,
    /// A middle school that is deemed secondary.
    MiddleSecondary,
    /// 16 plus.
    SixteenPlus,
    /// All-through.
    AllThrough,
}

impl GiasPhase {
    /// GIAS code, name, and the usual ages.
    pub const fn gias(self) -> (&'static str, &'static str, u8, u8) {
        match self {
            Self::None => ("0", "Not applicable", 5, 16),
            Self::Nursery => ("1", "Nursery", 2, 5),
            Self::Primary => ("2", "Primary", 4, 11),
            Self::MiddlePrimary => ("3", "Middle deemed primary", 8, 12),
            Self::Secondary => ("4", "Secondary", 11, 18),
            Self::MiddleSecondary => ("5", "Middle deemed secondary", 9, 13),
            Self::SixteenPlus => ("6", "16 plus", 16, 19),
            Self::AllThrough => ("7", "All-through", 3, 18),
        }
    }
}

/// Location of an establishment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// Three-digit code of the authority.
    pub old_la_code: &'static str,
    /// Nine-character code of the authority; empty abroad.
    pub new_la_code: &'static str,
    /// Name of the authority.
    pub la_name: &'static str,
    /// GIAS' letter for the region; empty abroad.
    pub region_letter: &'static str,
    /// Name of the region, as GIAS writes it.
    pub region_name: &'static str,
}

/// An establishment of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Establishment {
    /// Unique reference number; 0 until the register is numbered.
    pub urn: u32,
    /// Number within its authority.
    pub number: u16,
    /// Its name.
    pub name: String,
    /// Location.
    pub area: Area,
    /// Its type.
    pub kind: Kind,
    /// Its phase.
    pub phase: GiasPhase,
    /// Opening day, past or planned. `None` for some proposed establishments.
    pub open: Option<Date>,
    /// Closing day, past or planned.
    pub close: Option<Date>,
    /// Share of pupils with free school meals, in tenths of a percent.
    pub fsm_permille: Option<u16>,
}

/// GIAS' status of an establishment on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Open.
    Open,
    /// Closed.
    Closed,
    /// Open, with a known closing day.
    ProposedToClose,
    /// Not open yet.
    ProposedToOpen,
}

impl Status {
    /// GIAS code and name.
    pub const fn gias(self) -> (&'static str, &'static str) {
        match self {
            Self::Open => ("1", "Open"),
            Self::Closed => ("2", "Closed"),
            Self::ProposedToClose => ("3", "Open, but proposed to close"),
            Self::ProposedToOpen => ("4", "Proposed to open"),
        }
    }
}

/// Days before opening or closing at which the register announces it.
const ANNOUNCED_DAYS: i32 = 150;

impl Establishment {
    /// Its status in the extract of a day; `None` when that extract does not list it yet. A school is closed from its closing day on.
    pub fn find_status(&self, day: Date) -> Option<Status> {
        let announced = day.plus_days(ANNOUNCED_DAYS);
        match (self.open, self.close) {
            (Some(open), _) if open > announced => None,
            (None, _) => Some(Status::ProposedToOpen),
            (Some(open), _) if open > day => Some(Status::ProposedToOpen),
            (_, Some(close)) if close <= day => Some(Status::Closed),
            (_, Some(close)) if close <= announced => Some(Status::ProposedToClose),
            _ => Some(Status::Open),
        }
    }
}

/// The kind of descent between two establishments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Descent {
    /// One establishment became the other.
    Successor,
    /// Several became one.
    Merged,
    /// One became several.
    Split,
}

impl Descent {
    /// The link's type as seen from the successor, and from the predecessor.
    pub const fn gias(self) -> (&'static str, &'static str) {
        match self {
            Self::Successor => ("Predecessor", "Successor"),
            Self::Merged => ("Predecessor - merged", "Successor - merged"),
            Self::Split => ("Predecessor - Split School", "Successor - Split School"),
        }
    }
}

/// A link between two establishments, as indices into the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The older establishment.
    pub predecessor: usize,
    /// The newer establishment.
    pub successor: usize,
    /// The kind of descent.
    pub descent: Descent,
    /// The successor's first day.
    pub established: Date,
}
