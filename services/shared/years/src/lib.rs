//! The years of a programme, as a school or a specialist goes through them: started, completed, deferred, resumed and left. Pure.
//!
//! [`TRANSITIONS`] is the state machine. Days are in order: none that changes the state is before the last one, and none is in the future.
#![warn(missing_docs)]

mod violation;

use serde::{Deserialize, Serialize};
use service::{Transitions, next_state};
use time::{AcademicYear, Date};

pub use violation::YearsViolation;

column::text_enum! {
    /// The state of those who go through the years.
    pub enum YearsState {
        /// No year was started.
        Enrolled = "enrolled",
        /// A year was started.
        Active = "active",
        /// Interrupted after a year was started, to be resumed.
        Deferred = "deferred",
        /// All years are completed.
        Completed = "completed",
        /// Left after a year was started.
        Withdrawn = "withdrawn",
        /// Given back before a year was started.
        Cancelled = "cancelled",
    }
}

column::text_enum! {
    /// A change of the state.
    pub enum YearsVerb {
        /// The next year starts.
        StartYear = "start_year",
        /// A year that is not the last is completed.
        CompleteYear = "complete_year",
        /// The last year is completed.
        CompleteLastYear = "complete_last_year",
        /// The years are interrupted.
        Defer = "defer",
        /// They go on.
        Resume = "resume",
        /// They are left.
        Withdraw = "withdraw",
        /// They are given back before the first.
        Cancel = "cancel",
    }
}

/// The state machine.
pub const TRANSITIONS: &Transitions<YearsState, YearsVerb> = {
    use YearsState as S;
    use YearsVerb as V;
    &[
        (S::Enrolled, V::StartYear, S::Active),
        (S::Active, V::StartYear, S::Active),
        (S::Active, V::CompleteYear, S::Active),
        (S::Active, V::CompleteLastYear, S::Completed),
        (S::Active, V::Defer, S::Deferred),
        (S::Deferred, V::Resume, S::Active),
        (S::Active, V::Withdraw, S::Withdrawn),
        (S::Deferred, V::Withdraw, S::Withdrawn),
        (S::Enrolled, V::Cancel, S::Cancelled),
    ]
};

/// The days of an interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deferral {
    /// First day.
    pub start_date: Date,
    /// The day on which the years went on, which is not part of it; `None` while it lasts.
    pub resume_date: Option<Date>,
}

impl Deferral {
    /// Whether a day is one of the interruption.
    pub fn contains(&self, date: Date) -> bool {
        self.start_date <= date && self.resume_date.is_none_or(|resume| date < resume)
    }
}

/// How far somebody has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Years {
    /// The academic year of the first year.
    pub first_academic_year: AcademicYear,
    /// The number of years that the programme takes.
    pub years_count: i64,
    /// The state.
    pub state: YearsState,
    /// The year that was started last, from 1; 0 before the first.
    pub year_number: i64,
    /// Years that were completed.
    pub years_completed_count: i64,
    /// Interruptions, in order.
    pub deferrals: Vec<Deferral>,
    /// Academic years by which interruptions have moved the year that is open, or comes next.
    pub deferred_years_count: i64,
    /// The day that was recorded last: of a start, a completion, an interruption or the end.
    pub last_date: Option<Date>,
}

impl Years {
    /// Before the first year.
    pub fn enrolled(first_academic_year: AcademicYear, years_count: i64) -> Self {
        Self {
            first_academic_year,
            years_count,
            state: YearsState::Enrolled,
            year_number: 0,
            years_completed_count: 0,
            deferrals: Vec::new(),
            deferred_years_count: 0,
            last_date: None,
        }
    }

    /// The academic year of year `number`, from 1, as far as interruptions up to now have moved it.
    pub fn academic_year(&self, number: i64) -> AcademicYear {
        let years = number - 1 + self.deferred_years_count;
        self.first_academic_year.plus(i16::try_from(years).expect("a programme takes a few years"))
    }

    /// The academic year whose terms of the programme hold for the year that is open, or comes next: the one in which schools began that are in the same
    /// year without a deferral.
    pub fn terms_year(&self) -> AcademicYear {
        self.academic_year(1)
    }

    /// Whether a year is not over that was started, or is to start.
    pub fn is_live(&self) -> bool {
        self.check_not_ended().is_ok()
    }

    /// Whether no year was started yet.
    pub fn never_began(&self) -> bool {
        self.state == YearsState::Enrolled
    }

    /// Starts the next year: the first, or the one after a completed year.
    pub fn start_year(&self, date: Date, today: Date) -> Result<Self, YearsViolation> {
        self.check_not_ended()?;
        if self.state == YearsState::Deferred {
            return Err(YearsViolation::Deferred);
        }
        if self.year_number > self.years_completed_count {
            return Err(YearsViolation::YearNotCompleted(self.year_number));
        }
        let number = self.year_number + 1;
        self.check_date(date, number, today)?;
        Ok(Self { year_number: number, last_date: Some(date), ..self.after(YearsVerb::StartYear)? })
    }

    /// Completes the year that was started. With the last year everything is completed.
    pub fn complete_year(&self, date: Date, today: Date) -> Result<Self, YearsViolation> {
        self.check_not_ended()?;
        if self.state == YearsState::Deferred {
            return Err(YearsViolation::Deferred);
        }
        if self.year_number == self.years_completed_count {
            return Err(YearsViolation::YearNotStarted);
        }
        self.check_date(date, self.year_number, today)?;
        let is_last = self.year_number == self.years_count;
        let verb = if is_last { YearsVerb::CompleteLastYear } else { YearsVerb::CompleteYear };
        Ok(Self { years_completed_count: self.year_number, last_date: Some(date), ..self.after(verb)? })
    }

    /// Interrupts the years from a day on, after one was started. `evidence` is the last day of attendance that is recorded, which comes before.
    pub fn defer(&self, date: Date, evidence: Option<Date>, today: Date) -> Result<Self, YearsViolation> {
        self.check_not_ended()?;
        if self.never_began() {
            return Err(YearsViolation::YearNotStarted);
        }
        let after = self.after(YearsVerb::Defer).map_err(|_| YearsViolation::Deferred)?;
        self.check_order(date, today)?;
        if let Some(last) = evidence.filter(|last| date <= *last) {
            return Err(YearsViolation::DateBeforeLast { date, last });
        }
        let mut deferrals = self.deferrals.clone();
        deferrals.push(Deferral { start_date: date, resume_date: None });
        Ok(Self { deferrals, last_date: Some(date), ..after })
    }

    /// Goes on from a day on. The year that is open, or comes next, moves to the academic year of the day, if that is later.
    pub fn resume(&self, date: Date, today: Date) -> Result<Self, YearsViolation> {
        self.check_not_ended()?;
        let after = self.after(YearsVerb::Resume).map_err(|_| YearsViolation::NotDeferred)?;
        self.check_order(date, today)?;
        let mut deferrals = self.deferrals.clone();
        if let Some(last) = deferrals.last_mut() {
            last.resume_date = Some(date);
        }
        let number = self.years_completed_count + 1;
        let expected = self.academic_year(number).first_year();
        let moved = i64::from((AcademicYear::of(date).first_year() - expected).max(0));
        Ok(Self { deferrals, deferred_years_count: self.deferred_years_count + moved, last_date: Some(date), ..after })
    }

    /// Leaves after a year was started. `evidence` is the last day of attendance that is recorded.
    pub fn withdraw(&self, date: Date, evidence: Option<Date>, today: Date) -> Result<Self, YearsViolation> {
        self.check_not_ended()?;
        if self.never_began() || date < self.first_academic_year.start_date() {
            return Err(YearsViolation::YearNotStarted);
        }
        self.check_order(date, today)?;
        if let Some(last) = evidence.filter(|last| date < *last) {
            return Err(YearsViolation::DateBeforeLast { date, last });
        }
        Ok(Self { last_date: Some(date), ..self.after(YearsVerb::Withdraw)? })
    }

    /// Gives the years back before the first was started.
    pub fn cancel(&self) -> Result<Self, YearsViolation> {
        if !self.never_began() {
            return Err(YearsViolation::YearStarted(self.first_academic_year));
        }
        self.after(YearsVerb::Cancel)
    }

    /// The same, said on a day, after the academic year has begun.
    pub fn give_back(&self, date: Date, today: Date) -> Result<Self, YearsViolation> {
        if today < self.first_academic_year.start_date() {
            return Err(YearsViolation::YearNotStarted);
        }
        self.check_order(date, today)?;
        Ok(Self { last_date: Some(date), ..self.cancel()? })
    }

    /// Whether evidence can be of a day: not in the future, not after the last day of somebody who left, and on no day of an interruption.
    pub fn check_evidence(&self, date: Date, today: Date) -> Result<(), YearsViolation> {
        if self.state == YearsState::Cancelled {
            return Err(YearsViolation::Ended(self.state));
        }
        if date > today {
            return Err(YearsViolation::DateInFuture(date));
        }
        if self.state == YearsState::Withdrawn && self.last_date.is_some_and(|last| date > last) {
            return Err(YearsViolation::Ended(self.state));
        }
        match self.deferrals.iter().find(|deferral| deferral.contains(date)) {
            Some(deferral) => Err(YearsViolation::DateInDeferral { date, deferral: *deferral }),
            None => Ok(()),
        }
    }

    /// Whether attendance can be of a day: as evidence, in the academic year of a year that was started.
    pub fn check_attendance(&self, date: Date, today: Date) -> Result<(), YearsViolation> {
        self.check_evidence(date, today)?;
        let year = AcademicYear::of(date);
        let is_started = self.year_number > 0 && self.first_academic_year <= year && year <= self.academic_year(self.year_number);
        if is_started { Ok(()) } else { Err(YearsViolation::YearNotStarted) }
    }

    /// Whether a day can be recorded: not in the future, and not before the last one.
    pub fn check_order(&self, date: Date, today: Date) -> Result<(), YearsViolation> {
        match self.last_date {
            _ if date > today => Err(YearsViolation::DateInFuture(date)),
            Some(last) if date < last => Err(YearsViolation::DateBeforeLast { date, last }),
            _ => Ok(()),
        }
    }

    fn check_not_ended(&self) -> Result<(), YearsViolation> {
        match self.state {
            YearsState::Enrolled | YearsState::Active | YearsState::Deferred => Ok(()),
            ended => Err(YearsViolation::Ended(ended)),
        }
    }

    fn check_date(&self, date: Date, number: i64, today: Date) -> Result<(), YearsViolation> {
        let year = self.academic_year(number);
        if !year.contains(date) {
            return Err(YearsViolation::DateOutsideYear { date, year });
        }
        self.check_order(date, today)
    }

    fn after(&self, verb: YearsVerb) -> Result<Self, YearsViolation> {
        let state = next_state(TRANSITIONS, self.state, verb).ok_or(YearsViolation::Ended(self.state))?;
        Ok(Self { state, ..self.clone() })
    }
}

#[cfg(test)]
mod tests;
