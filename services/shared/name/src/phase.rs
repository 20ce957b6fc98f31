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
