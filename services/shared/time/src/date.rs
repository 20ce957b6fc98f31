//! Civil days in England, as ISO `YYYY-MM-DD`.

use column::Column;
use jiff::civil;

use crate::{Instant, ParseError, instant::london};

/// A civil day. Stored and sent as TEXT `YYYY-MM-DD`, whose order is that of the days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// The day with this year, month and day of the month. Errors when there is no such day.
    pub fn new_checked(year: i16, month: i8, day: i8) -> Result<Self, ParseError> {
        civil::Date::new(year, month, day)
            .map(Self)
            .map_err(|_| ParseError { found: format!("{year:04}-{month:02}-{day:02}"), expected: "a day of the calendar" })
    }

    /// Parses `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let error = || ParseError { found: text.to_owned(), expected: "a day written YYYY-MM-DD" };
        if text.len() != 10 || !text.is_ascii() {
            return Err(error());
        }
        text.parse::<civil::Date>().map(Self).map_err(|_| error())
    }

    /// The first instant of the day in Europe/London.
    pub fn start(self) -> Instant {
        let zoned = self.0.to_zoned_datetime(london()).expect("every civil day of the calendar starts");
        Instant::from_micros(zoned.timestamp().as_microsecond())
    }

    /// The first instant after the day in Europe/London: a window that includes the day ends just before it.
    pub fn end(self) -> Instant {
        self.plus_days(1).start()
    }

    /// This many days later; earlier when negative.
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().days(days)))
    }

    /// The number of days since 1 January 1970; negative before.
    pub fn days_since_1970(self) -> i32 {
        self.0
            .duration_since(civil::date(1970, 1, 1))
            .as_hours()
            .div_euclid(24)
            .try_into()
            .expect("every day of the calendar is within 32 bits")
    }

    /// The day with a number of days since 1 January 1970.
    pub fn from_days_since_1970(days: i32) -> Self {
        Self(civil::date(1970, 1, 1)).plus_days(days)
    }

    /// The calendar year.
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The month, 1 to 12.
    pub fn month(self) -> i8 {
        self.0.month()
    }

    /// The day of the month, from 1.
    pub fn day(self) -> i8 {
        self.0.day()
    }

    pub(crate) fn from_jiff(date: civil::Date) -> Self {
        Self(date)
    }
}

impl Column for Date {
    type Stored = String;

    fn to_stored(&self) -> String {
        self.to_string()
    }

    fn from_stored(stored: String) -> Result<Self, String> {
        Self::parse(&stored).map_err(|error| error.to_string())
    }
}

column::column!(Date);

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl std::str::FromStr for Date {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}
