//! Columns of regions, and columns in which one value stands for an absent one.

use db::Column;
use name::Phase;
use time::Date;

use geography::Region;

/// A day as TEXT; absent as the empty text, which sorts before every day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DayOrBlank(pub(crate) Option<Date>);

impl Column for DayOrBlank {
    type Stored = String;

    fn to_stored(&self) -> String {
        self.0.map(|day| day.to_string()).unwrap_or_default()
    }

    fn from_stored(stored: String) -> Result<Self, String> {
        if stored.is_empty() { Ok(Self(None)) } else { Date::from_stored(stored).map(|day| Self(Some(day))) }
    }
}

db::column!(DayOrBlank);

/// A region as its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RegionCode(pub(crate) &'static Region);

impl RegionCode {
    /// Parses a code, E12000001 to E12000009.
    pub(crate) fn parse(code: &str) -> Result<Self, String> {
        let region = geography::region_by_code(code).map(Self);
        region.ok_or_else(|| format!("must be one of the codes E12000001 to E12000009; found `{}`", text::excerpt(code)))
    }
}

impl Column for RegionCode {
    type Stored = String;

    fn to_stored(&self) -> String {
        self.0.code.to_owned()
    }

    fn from_stored(stored: String) -> Result<Self, String> {
        Self::parse(&stored)
    }
}

db::column!(RegionCode);

/// A phase as a number; absent as 0. Messages carry it in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PhaseOrZero(pub(crate) Option<Phase>);

impl Column for PhaseOrZero {
    type Stored = i64;

    fn to_stored(&self) -> i64 {
        self.0.map_or(0, Phase::number)
    }

    fn from_stored(stored: i64) -> Result<Self, String> {
        if stored == 0 { Ok(Self(None)) } else { Phase::from_stored(stored).map(|phase| Self(Some(phase))) }
    }
}

db::column!(PhaseOrZero);
