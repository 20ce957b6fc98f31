//! Money.

use db::Column;

/// An amount in whole pence, never below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pence(i64);

impl Pence {
    /// Nothing.
    pub(crate) const ZERO: Self = Self(0);

    /// From what was computed of amounts, or checked.
    pub(crate) const fn trusted(pence: i64) -> Self {
        Self(pence)
    }

    /// The amount of a request: 1 to 1,000,000,000,000 pence (ten thousand million pounds).
    pub(crate) fn amount(pence: i64) -> Result<Self, &'static str> {
        if (1..=1_000_000_000_000).contains(&pence) { Ok(Self(pence)) } else { Err("must be 1 to 1,000,000,000,000 pence") }
    }

    /// The number of pence.
    pub(crate) const fn number(self) -> i64 {
        self.0
    }
}

impl std::iter::Sum for Pence {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.map(Self::number).sum())
    }
}

impl Column for Pence {
    type Stored = i64;

    fn to_stored(&self) -> i64 {
        self.0
    }

    fn from_stored(stored: i64) -> Result<Self, String> {
        if stored >= 0 { Ok(Self(stored)) } else { Err(format!("{stored} is below zero pence")) }
    }
}

db::column!(Pence);
