//! The phases of education by which the programme counts schools.

use column::Column;

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
    /// All of them, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::Primary, Self::Secondary, Self::AllThrough];

    /// The phase with a stored number; `None` for other numbers.
    pub const fn of(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Primary),
            2 => Some(Self::Secondary),
            3 => Some(Self::AllThrough),
            _ => None,
        }
    }

    /// The phase with a number of the contract; `None` for phases that the programme does not count.
    pub fn from_proto(number: i32) -> Option<Self> {
        Self::of(number.into())
    }

    /// The number of the contract.
    pub const fn to_proto(self) -> i32 {
        match self {
            Self::Primary => 1,
            Self::Secondary => 2,
            Self::AllThrough => 3,
        }
    }

    /// The stored number, which is that of the contract.
    pub fn number(self) -> i64 {
        self.to_proto().into()
    }

    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Primary => "Primary",
            Self::Secondary => "Secondary",
            Self::AllThrough => "All-through",
        }
    }
}

impl Column for Phase {
    type Stored = i64;

    fn to_stored(&self) -> i64 {
        self.number()
    }

    fn from_stored(stored: i64) -> Result<Self, String> {
        Self::of(stored).ok_or_else(|| format!("{stored} is none of the phases 1 (primary), 2 (secondary) and 3 (all-through)"))
    }
}

column::column!(Phase);
