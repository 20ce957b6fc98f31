//! Academic years, 1 September to 31 August, and financial years, 1 April to 31 March, as civil days in Europe/London.

use column::Column;

use crate::{Date, Instant, ParseError};

/// The academic year that begins on 1 September of its first year. Displayed as `2018/19`; DfE's data files write `201819`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AcademicYear(i16);

impl AcademicYear {
    /// The year that begins in September of `first_year`.
    pub const fn starting(first_year: i16) -> Self {
        Self(first_year)
    }

    /// The year in which a day lies.
    pub fn of(date: Date) -> Self {
        Self(if date.month() >= 9 { date.year() } else { date.year() - 1 })
    }

    /// The year in which an instant lies, in Europe/London.
    pub fn of_instant(instant: Instant) -> Self {
        Self::of(instant.date())
    }

    /// The first year that begins on a day or later.
    pub fn first_from(date: Date) -> Self {
        let year = Self::of(date);
        if year.start_date() == date { year } else { year.plus(1) }
    }

    /// Parses `2018/19`.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let error = || ParseError { found: text.to_owned(), expected: "an academic year written 2018/19" };
        let (first, second) = text.split_once('/').ok_or_else(error)?;
        if first.len() != 4 || second.len() != 2 {
            return Err(error());
        }
        let first: i16 = first.parse().map_err(|_| error())?;
        let second: i16 = second.parse().map_err(|_| error())?;
        if !(1900..2200).contains(&first) || (first + 1) % 100 != second {
            return Err(error());
        }
        Ok(Self(first))
    }

    /// The calendar year in which it begins.
    pub const fn first_year(self) -> i16 {
        self.0
    }

    /// 1 September.
    pub fn start_date(self) -> Date {
        Date::new_checked(self.0, 9, 1).expect("1 September exists in every year")
    }

    /// 31 August.
    pub fn end_date(self) -> Date {
        Date::new_checked(self.0 + 1, 8, 31).expect("31 August exists in every year")
    }

    /// True if a day lies in the year.
    pub fn contains(self, date: Date) -> bool {
        Self::of(date) == self
    }

    /// This many years later; earlier when negative.
    pub const fn plus(self, years: i16) -> Self {
        Self(self.0 + years)
    }

    /// As DfE's data files write it: `201819`.
    pub fn time_period(self) -> String {
        format!("{:04}{:02}", self.0, (self.0 + 1) % 100)
    }
}

impl Column for AcademicYear {
    type Stored = String;

    fn to_stored(&self) -> String {
        self.to_string()
    }

    fn from_stored(stored: String) -> Result<Self, String> {
        Self::parse(&stored).map_err(|error| error.to_string())
    }
}

column::column!(AcademicYear);

impl std::fmt::Display for AcademicYear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}/{:02}", self.0, (self.0 + 1) % 100)
    }
}

/// The financial year that begins on 1 April of its first year. Displayed as `2026-27`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FinancialYear(i16);

impl FinancialYear {
    /// The year in which a day lies.
    pub fn of(date: Date) -> Self {
        Self(if date.month() >= 4 { date.year() } else { date.year() - 1 })
    }

    /// The year in which an instant lies, in Europe/London.
    pub fn of_instant(instant: Instant) -> Self {
        Self::of(instant.date())
    }

    /// Parses `2018-19`.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let year = text.split_once('-').and_then(|(first, second)| {
            let fits = first.len() == 4 && second.len() == 2;
            let (first, second): (i16, i16) = (first.parse().ok()?, second.parse().ok()?);
            (fits && (1900..2200).contains(&first) && (first + 1) % 100 == second).then_some(Self(first))
        });
        year.ok_or_else(|| ParseError { found: text.to_owned(), expected: "a financial year written 2018-19" })
    }
}

impl Column for FinancialYear {
    type Stored = String;

    fn to_stored(&self) -> String {
        self.to_string()
    }

    fn from_stored(stored: String) -> Result<Self, String> {
        Self::parse(&stored).map_err(|error| error.to_string())
    }
}

column::column!(FinancialYear);

impl std::fmt::Display for FinancialYear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.0, (self.0 + 1) % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Instant {
        Instant::from_micros(text.parse::<jiff::Timestamp>().expect("a timestamp").as_microsecond())
    }

    #[test]
    fn half_past_eleven_utc_on_31_march_is_the_next_financial_year() {
        assert_eq!(FinancialYear::of_instant(instant("2026-03-31T23:30:00Z")).to_string(), "2026-27");
        assert_eq!(FinancialYear::of_instant(instant("2026-03-31T22:59:59.999999Z")).to_string(), "2025-26");
    }

    #[test]
    fn half_past_eleven_utc_on_31_august_is_the_next_academic_year() {
        assert_eq!(AcademicYear::of_instant(instant("2026-08-31T23:30:00Z")).to_string(), "2026/27");
    }

    #[test]
    fn a_day_ends_where_the_next_begins_also_at_clock_changes() {
        let day = Date::parse("2026-03-29").expect("a day");
        assert_eq!(day.end().micros() - day.start().micros(), 23 * 3_600_000_000);
        let day = Date::parse("2026-10-25").expect("a day");
        assert_eq!(day.end().micros() - day.start().micros(), 25 * 3_600_000_000);
    }

    #[test]
    fn a_financial_year_is_parsed_as_it_is_displayed() {
        assert_eq!(FinancialYear::parse("1999-00").expect("a year").to_string(), "1999-00");
        for text in ["2018/19", "2018-20", "18-19", "+201-02", "2018-1", ""] {
            assert!(FinancialYear::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_invalid_year_or_day_is_refused() {
        for text in ["2018/20", "2018-19", "18/19", "", "2018/19 "] {
            assert!(AcademicYear::parse(text).is_err(), "{text}");
        }
        for text in ["2018-02-29", "20180901", "2018-9-1", "2018-09-01T00", ""] {
            assert!(Date::parse(text).is_err(), "{text}");
        }
        assert_eq!(AcademicYear::parse("1999/00").expect("a year").time_period(), "199900");
    }
}
