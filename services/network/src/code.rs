//! The numbers that stand for domain values, in the database and on the wire: those of the `.proto` files.

use crate::domain::{
    lineage::Descent,
    reach::{FigureState, Level, Stage},
    register::{Phase, Reason},
};

/// A value that has a number. 0 stands for none of them.
pub(crate) trait Code: Copy + 'static {
    /// Each with its number.
    const ALL: &'static [(Self, i32)];

    /// Its number.
    fn code(self) -> i32;

    /// The value with a number.
    fn of(code: i32) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == code).map(|(value, _)| *value)
    }

    /// The value with a number that was stored.
    fn stored(code: i64) -> Option<Self> {
        i32::try_from(code).ok().and_then(Self::of)
    }
}

macro_rules! codes {
    ($type:ty, $($variant:ident = $code:literal),+) => {
        impl Code for $type {
            const ALL: &'static [(Self, i32)] = &[$((<$type>::$variant, $code)),+];

            fn code(self) -> i32 {
                match self {
                    $(<$type>::$variant => $code),+
                }
            }
        }
    };
}

codes!(Phase, Primary = 1, Secondary = 2, AllThrough = 3);
codes!(
    Reason,
    In = 1,
    Closed = 2,
    ProposedToOpen = 3,
    NotStateFunded = 4,
    PhaseNotCounted = 5,
    NoRegion = 6,
    UnknownStatus = 7,
    UnknownPhase = 8
);
codes!(Descent, Plain = 1, Merged = 2, Split = 3);
codes!(Level, National = 1, Regional = 2, LocalAuthority = 3);
codes!(Stage, Applied = 1, Enrolled = 2, Active = 3, Completed = 4);
codes!(FigureState, Complete = 1, NotCovered = 2, NotPlayed = 3, NoSchools = 4);

/// The number of a value that may be absent.
pub(crate) fn code_or_zero<T: Code>(value: Option<T>) -> i32 {
    value.map_or(0, Code::code)
}
