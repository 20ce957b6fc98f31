//! Rules of the years that a request would break.

use proto::Reason;
use server::ApiError;
use service::RuleViolation;
use time::{AcademicYear, Date};

use crate::{Deferral, YearsState};

/// A rule of the years that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum YearsViolation {
    /// It has ended in this state.
    Ended(YearsState),
    /// The academic year has begun, so the place is left, not cancelled.
    YearStarted(AcademicYear),
    /// The year that was started is not completed.
    YearNotCompleted(i64),
    /// No year was started that could be completed, interrupted or left.
    YearNotStarted,
    /// It is interrupted.
    Deferred,
    /// It is not interrupted.
    NotDeferred,
    /// The day is outside the academic year.
    DateOutsideYear {
        /// The day.
        date: Date,
        /// The year in which it should lie.
        year: AcademicYear,
    },
    /// The day is in the future.
    DateInFuture(Date),
    /// The day is before the day that was recorded last, or that day is one of an interruption that would begin.
    DateBeforeLast {
        /// The day.
        date: Date,
        /// The day that was recorded last.
        last: Date,
    },
    /// The day is one of an interruption.
    DateInDeferral {
        /// The day.
        date: Date,
        /// The interruption.
        deferral: Deferral,
    },
}

impl RuleViolation for YearsViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::Ended(state) => {
                ApiError::new(Reason::StateEnded, format!("the years have ended: their state is {state}")).with("state", state)
            }
            Self::YearStarted(year) => {
                let message = format!("the academic year {year} has begun; withdraw instead of giving the years back");
                ApiError::new(Reason::YearStarted, message).with("academic_year", year)
            }
            Self::YearNotCompleted(number) => {
                let message = format!("year {number} is not completed; complete it first");
                ApiError::new(Reason::YearNotCompleted, message).with("year_number", number)
            }
            Self::YearNotStarted => ApiError::new(
                Reason::YearNotStarted,
                "no year has started; start it first, or give the years back instead of withdrawing",
            ),
            Self::Deferred => ApiError::new(Reason::YearsDeferred, "the years are deferred; resume them first"),
            Self::NotDeferred => ApiError::new(Reason::YearsNotDeferred, "the years are not deferred"),
            Self::DateOutsideYear { date, year } => {
                let message = format!("{date} is not in the academic year {year}");
                ApiError::new(Reason::DateOutsideYear, message).with("academic_year", year)
            }
            Self::DateInFuture(date) => {
                ApiError::new(Reason::DateInFuture, format!("{date} is in the future")).with("date", date)
            }
            Self::DateBeforeLast { date, last } => {
                let message = format!("{date} is too early: the day that was recorded last is {last}");
                ApiError::new(Reason::DateBeforeLast, message).with("last_date", last)
            }
            Self::DateInDeferral { date, deferral } => {
                let until = deferral.resume_date.map_or_else(String::new, |day| format!(" until they were resumed on {day}"));
                let message = format!("{date} is a day on which the years were deferred, from {}{until}", deferral.start_date);
                ApiError::new(Reason::DateInDeferral, message).with("date", date)
            }
        }
    }
}
