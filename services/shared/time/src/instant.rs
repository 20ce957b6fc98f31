//! Instants: microseconds since 1970 in UTC, as they are stored.

use column::Column;
use jiff::tz::TimeZone;

use crate::Date;

/// A point in time, in microseconds UTC. The databases store it as BIGINT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// From stored microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The microseconds to store.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The machine's current time, for clocks, tokens and heartbeats; rules get their time as an argument.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock for civil time")]
    pub fn from_machine() -> Self {
        Self(jiff::Timestamp::now().as_microsecond())
    }

    /// The civil day in Europe/London.
    pub fn date(self) -> Date {
        let zoned = jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned_datetime(london());
        Date::from_jiff(zoned.date())
    }

    /// This many microseconds later.
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0 + micros)
    }

    /// Seconds since an earlier instant, for metrics; 0 if there is none.
    pub fn seconds_since(self, earlier: Option<Self>) -> f64 {
        let micros = earlier.map_or(0, |earlier| (self.0 - earlier.0).max(0));
        std::time::Duration::from_micros(micros.unsigned_abs()).as_secs_f64()
    }

    /// The wire format.
    pub fn to_proto(self) -> prost_types::Timestamp {
        prost_types::Timestamp {
            seconds: self.0.div_euclid(1_000_000),
            nanos: i32::try_from(self.0.rem_euclid(1_000_000) * 1_000).expect("less than a second fits"),
        }
    }

    /// From the wire format; fractions of a microsecond are dropped.
    pub fn from_proto(timestamp: &prost_types::Timestamp) -> Self {
        Self(timestamp.seconds.saturating_mul(1_000_000).saturating_add(i64::from(timestamp.nanos) / 1_000))
    }
}

impl Column for Instant {
    type Stored = i64;

    fn to_stored(&self) -> i64 {
        self.0
    }

    fn from_stored(stored: i64) -> Result<Self, String> {
        Ok(Self(stored))
    }
}

column::column!(Instant);

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

pub(crate) fn london() -> TimeZone {
    TimeZone::get("Europe/London").expect("the time zone database is compiled in")
}
