//! Money.

/// Whole pence, of a thing that is not owed: never below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pence(i64);

impl Pence {
    /// From what the database holds.
    pub(crate) const fn trusted(pence: i64) -> Self {
        Self(pence)
    }

    /// An amount that somebody asks for: more than nothing, and at most ten thousand million pounds.
    pub(crate) fn amount(pence: i64) -> Result<Self, &'static str> {
        if (1..=1_000_000_000_000).contains(&pence) { Ok(Self(pence)) } else { Err("must be 1 to 1,000,000,000,000 pence") }
    }

    /// The number.
    pub(crate) const fn number(self) -> i64 {
        self.0
    }
}
