//! Rules of participations.

use name::{HubId, ProgrammeId, Urn};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation, Transitions, next_state};
use time::{AcademicYear, Date};

use crate::{
    application::{Application, ApplicationId},
    round::{Round, RoundId},
};

name::id!(
    /// A participation, `participations/{id}`.
    pub(crate) ParticipationId, 40, "participations"
);

db::text_enum! {
    /// State of a participation.
    pub(crate) enum ParticipationState {
        /// The school has a place and has not started a year.
        Enrolled = "enrolled",
        /// The school started a year.
        Active = "active",
        /// All years are completed.
        Completed = "completed",
        /// The school left after it started a year.
        Withdrawn = "withdrawn",
        /// The place was given back before a year started.
        Cancelled = "cancelled",
    }
}

db::text_enum! {
    /// A change of a participation's state.
    pub(crate) enum ParticipationVerb {
        /// The school starts its next year.
        StartYear = "start_year",
        /// The school completes a year that is not the last.
        CompleteYear = "complete_year",
        /// The school completes the last year.
        CompleteLastYear = "complete_last_year",
        /// The school leaves.
        Withdraw = "withdraw",
        /// The place is given back.
        Cancel = "cancel",
    }
}

/// A signed agreement to take part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agreement {
    pub(crate) sign_date: Date,
    /// Short name of the document.
    pub(crate) document: String,
    pub(crate) document_version: String,
}

/// The state machine of participations.
pub(crate) const TRANSITIONS: &Transitions<ParticipationState, ParticipationVerb> = {
    use ParticipationState as S;
    use ParticipationVerb as V;
    &[
        (S::Enrolled, V::StartYear, S::Active),
        (S::Active, V::StartYear, S::Active),
        (S::Active, V::CompleteYear, S::Active),
        (S::Active, V::CompleteLastYear, S::Completed),
        (S::Active, V::Withdraw, S::Withdrawn),
        (S::Enrolled, V::Cancel, S::Cancelled),
    ]
};

/// The origin of a participation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A place that was accepted on a day.
    Place { round: RoundId, application: ApplicationId, accept_date: Date },
    /// An import of past participation, from a source in words.
    Import { source: String },
}

impl Origin {
    /// The day on which the place was accepted.
    fn accept_date(&self) -> Option<Date> {
        if let Self::Place { accept_date, .. } = self { Some(*accept_date) } else { None }
    }

    /// The source of an imported one.
    pub(crate) fn import_source(&self) -> Option<&str> {
        if let Self::Import { source } = self { Some(source) } else { None }
    }
}

/// The years for which a school that has a place works in a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Participation {
    pub(crate) id: ParticipationId,
    pub(crate) origin: Origin,
    pub(crate) urn: Urn,
    /// The hub that gave the place.
    pub(crate) hub: HubId,
    /// The hub that the school's lineage has chosen today, or else `hub`. Not stored.
    pub(crate) current_hub: HubId,
    pub(crate) programme: ProgrammeId,
    pub(crate) first_academic_year: AcademicYear,
    pub(crate) years_count: i64,
    pub(crate) state: ParticipationState,
    pub(crate) year_number: i64,
    pub(crate) years_completed_count: i64,
    /// The day that was recorded last: of a start, a completion or the end.
    pub(crate) last_date: Option<Date>,
    pub(crate) agreement: Option<Agreement>,
    /// First and last day of attendance.
    pub(crate) attended: Option<(Date, Date)>,
    pub(crate) withdraw_reason: Option<String>,
    pub(crate) version: i64,
}

impl Participation {
    /// The participation that an accepted place of a round becomes, of a school that has chosen a hub, or none.
    pub(crate) fn begin(
        id: ParticipationId,
        accepted: &Application,
        round: &Round,
        chosen_hub: Option<HubId>,
        today: Date,
    ) -> Self {
        Self {
            id,
            origin: Origin::Place { round: accepted.round.clone(), application: accepted.id.clone(), accept_date: today },
            urn: accepted.urn,
            hub: accepted.hub.clone(),
            current_hub: chosen_hub.unwrap_or_else(|| accepted.hub.clone()),
            programme: accepted.programme.clone(),
            first_academic_year: round.academic_year,
            years_count: round.programme(&accepted.programme).years_count,
            state: ParticipationState::Enrolled,
            year_number: 0,
            years_completed_count: 0,
            last_date: None,
            agreement: None,
            attended: None,
            withdraw_reason: None,
            version: 1,
        }
    }

    /// The academic year of its year `number`, from 1.
    pub(crate) fn academic_year(&self, number: i64) -> AcademicYear {
        self.first_academic_year.plus(i16::try_from(number - 1).expect("a programme takes at most three years"))
    }

    /// Starts the next year: the first, or the one after a completed year.
    pub(crate) fn start_year(&self, date: Date, today: Date) -> Result<Self, ParticipationViolation> {
        self.check_not_ended()?;
        if self.year_number > self.years_completed_count {
            return Err(ParticipationViolation::YearNotCompleted(self.year_number));
        }
        let number = self.year_number + 1;
        self.check_date(date, number, today)?;
        Ok(Self { year_number: number, last_date: Some(date), ..self.after(ParticipationVerb::StartYear)? })
    }

    /// Completes the year that was started. The last year completes the participation.
    pub(crate) fn complete_year(&self, date: Date, today: Date) -> Result<Self, ParticipationViolation> {
        self.check_not_ended()?;
        if self.year_number == self.years_completed_count {
            return Err(ParticipationViolation::YearNotStarted);
        }
        self.check_date(date, self.year_number, today)?;
        let is_last = self.year_number == self.years_count;
        let verb = if is_last { ParticipationVerb::CompleteLastYear } else { ParticipationVerb::CompleteYear };
        Ok(Self { years_completed_count: self.year_number, last_date: Some(date), ..self.after(verb)? })
    }

    /// Leaves the programme, after a year was started. Before that the place is given back instead.
    pub(crate) fn withdraw(&self, date: Date, reason: String, today: Date) -> Result<Self, ParticipationViolation> {
        self.check_not_ended()?;
        if self.never_began() || date < self.first_academic_year.start_date() {
            return Err(ParticipationViolation::YearNotStarted);
        }
        self.check_order(date, today)?;
        if let Some((_, last)) = self.attended.filter(|(_, last)| date < *last) {
            return Err(ParticipationViolation::DateBeforeLast { date, last });
        }
        Ok(Self { last_date: Some(date), withdraw_reason: Some(reason), ..self.after(ParticipationVerb::Withdraw)? })
    }

    /// Records the day on which the agreement was signed, not before the place was accepted.
    pub(crate) fn agree(&self, agreement: Agreement, today: Date) -> Result<Self, ParticipationViolation> {
        if let Some(signed) = &self.agreement {
            return Err(ParticipationViolation::AgreementSigned(signed.sign_date));
        }
        let date = agreement.sign_date;
        if let Some(accepted) = self.origin.accept_date().filter(|accepted| date < *accepted) {
            return Err(ParticipationViolation::DateBeforePlace { date, accepted });
        }
        self.check_evidence(date, today)?;
        Ok(Self { agreement: Some(agreement), ..self.changed() })
    }

    /// Records attendance of a meeting, in a year that was started. The database checks that the day is new.
    pub(crate) fn attend(&self, date: Date, today: Date) -> Result<Self, ParticipationViolation> {
        self.check_evidence(date, today)?;
        let year = AcademicYear::of(date);
        let started = (1..=self.year_number).any(|number| self.academic_year(number) == year);
        if !started {
            return Err(ParticipationViolation::YearNotStarted);
        }
        let (first, last) = self.attended.unwrap_or((date, date));
        Ok(Self { attended: Some((first.min(date), last.max(date))), ..self.changed() })
    }

    /// Attendance of a day was taken away; `left` are the first and the last day that are left.
    pub(crate) fn withdraw_attendance(&self, left: Option<(Date, Date)>) -> Self {
        Self { attended: left, ..self.changed() }
    }

    /// Whether evidence can be of a day: not in the future, and not after the last day of a school that left.
    fn check_evidence(&self, date: Date, today: Date) -> Result<(), ParticipationViolation> {
        if self.state == ParticipationState::Cancelled {
            return Err(ParticipationViolation::Ended(self.state));
        }
        match self.last_date {
            _ if date > today => Err(ParticipationViolation::DateInFuture(date)),
            Some(last) if self.state == ParticipationState::Withdrawn && date > last => {
                Err(ParticipationViolation::Ended(self.state))
            }
            _ => Ok(()),
        }
    }

    /// Whether it has a place, or takes part.
    pub(crate) fn is_live(&self) -> bool {
        self.check_not_ended().is_ok()
    }

    /// Whether no year was started yet.
    pub(crate) fn never_began(&self) -> bool {
        self.state == ParticipationState::Enrolled
    }

    /// Gives the place back, because the application was withdrawn before the year started.
    pub(crate) fn cancel(&self) -> Result<Self, ParticipationViolation> {
        if !self.never_began() {
            return Err(ParticipationViolation::YearStarted(self.first_academic_year));
        }
        self.after(ParticipationVerb::Cancel)
    }

    /// Gives the place back after the academic year started, because the school never took part. `date` is the day on which it said so.
    pub(crate) fn give_back(&self, date: Date, reason: String, today: Date) -> Result<Self, ParticipationViolation> {
        if today < self.first_academic_year.start_date() {
            return Err(ParticipationViolation::YearNotStarted);
        }
        self.check_order(date, today)?;
        if let Some(last) = self.origin.accept_date().filter(|accepted| date < *accepted) {
            return Err(ParticipationViolation::DateBeforeLast { date, last });
        }
        Ok(Self { last_date: Some(date), withdraw_reason: Some(reason), ..self.cancel()? })
    }

    /// Gets other lead participants.
    pub(crate) fn change_leads(&self) -> Result<Self, ParticipationViolation> {
        self.check_not_ended()?;
        Ok(self.changed())
    }

    fn check_not_ended(&self) -> Result<(), ParticipationViolation> {
        match self.state {
            ParticipationState::Enrolled | ParticipationState::Active => Ok(()),
            ended => Err(ParticipationViolation::Ended(ended)),
        }
    }

    fn check_date(&self, date: Date, number: i64, today: Date) -> Result<(), ParticipationViolation> {
        let year = self.academic_year(number);
        if !year.contains(date) {
            return Err(ParticipationViolation::DateOutsideYear { date, year });
        }
        self.check_order(date, today)
    }

    fn check_order(&self, date: Date, today: Date) -> Result<(), ParticipationViolation> {
        match self.last_date {
            _ if date > today => Err(ParticipationViolation::DateInFuture(date)),
            Some(last) if date < last => Err(ParticipationViolation::DateBeforeLast { date, last }),
            _ => Ok(()),
        }
    }

    fn after(&self, verb: ParticipationVerb) -> Result<Self, ParticipationViolation> {
        let state = next_state(TRANSITIONS, self.state, verb).ok_or(ParticipationViolation::Ended(self.state))?;
        Ok(Self { state, ..self.changed() })
    }

    fn changed(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}

impl Resource for Participation {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// A rule of participations that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ParticipationViolation {
    /// The participation has ended.
    Ended(ParticipationState),
    /// The academic year has begun, so the place is left, not cancelled.
    YearStarted(AcademicYear),
    /// The year that was started is not completed.
    YearNotCompleted(i64),
    /// No year was started that could be completed or left.
    YearNotStarted,
    /// The agreement was signed before.
    AgreementSigned(Date),
    /// The attendance of the day is recorded already.
    AttendanceRecorded(Date),
    /// The day is before the place was accepted.
    DateBeforePlace { date: Date, accepted: Date },
    /// The day is outside the academic year.
    DateOutsideYear { date: Date, year: AcademicYear },
    /// The day is in the future.
    DateInFuture(Date),
    /// The day is before the day that was recorded last.
    DateBeforeLast { date: Date, last: Date },
}

impl RuleViolation for ParticipationViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::Ended(state) => {
                ApiError::new(Reason::StateEnded, format!("the participation has ended: it is {state}")).with("state", state)
            }
            Self::YearStarted(year) => {
                let message = format!("the academic year {year} has begun; leave the place with WithdrawParticipation");
                ApiError::new(Reason::YearStarted, message).with("academic_year", year)
            }
            Self::YearNotCompleted(number) => {
                let message = format!("year {number} is not completed; complete it first");
                ApiError::new(Reason::YearNotCompleted, message).with("year_number", number)
            }
            Self::YearNotStarted => {
                let message = "the year has not started: start it with StartYear, or give the place back, with WithdrawApplication before \
                               the academic year starts and with WithdrawParticipation after";
                ApiError::new(Reason::YearNotStarted, message)
            }
            Self::AgreementSigned(date) => ApiError::new(Reason::AgreementSigned, format!("the agreement was signed on {date}"))
                .with("agreement_sign_date", date),
            Self::AttendanceRecorded(date) => {
                let message = format!("the attendance of {date} is recorded already");
                ApiError::new(Reason::AttendanceRecorded, message).with("attendance_date", date)
            }
            Self::DateBeforePlace { date, accepted } => {
                let message = format!("{date} is before {accepted}, the day on which the place was accepted");
                ApiError::new(Reason::DateBeforeLast, message).with("last_date", accepted)
            }
            Self::DateOutsideYear { date, year } => {
                let message = format!("{date} is not in the academic year {year}");
                ApiError::new(Reason::DateOutsideYear, message).with("academic_year", year)
            }
            Self::DateInFuture(date) => {
                ApiError::new(Reason::DateInFuture, format!("{date} is in the future")).with("date", date)
            }
            Self::DateBeforeLast { date, last } => {
                let message = format!("{date} is before {last}, the day that was recorded last");
                ApiError::new(Reason::DateBeforeLast, message).with("last_date", last)
            }
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
