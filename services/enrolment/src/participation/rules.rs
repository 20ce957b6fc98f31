//! Rules of participations.

use std::ops::Deref;

use name::{HubId, ProgrammeId, Urn};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::Date;
use years::{Years, YearsViolation};

use crate::{
    application::{Application, ApplicationId},
    round::{Round, RoundId},
};

name::id!(
    /// A participation, `participations/{id}`.
    pub(crate) ParticipationId, 40, "participations"
);

/// A signed agreement to take part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agreement {
    pub(crate) sign_date: Date,
    /// Short name of the document.
    pub(crate) document: String,
    pub(crate) document_version: String,
}

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

/// A school that has a place, and how far it has come in the years of the programme, to which it dereferences.
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
    pub(crate) years: Years,
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
            years: Years::enrolled(round.academic_year, round.programme(&accepted.programme).years_count),
            agreement: None,
            attended: None,
            withdraw_reason: None,
            version: 1,
        }
    }

    /// Starts the next year: the first, or the one after a completed year.
    pub(crate) fn start_year(&self, date: Date, today: Date) -> Result<Self, ParticipationViolation> {
        Ok(self.with(self.years.start_year(date, today)?))
    }

    /// Completes the year that was started. The last year completes the participation.
    pub(crate) fn complete_year(&self, date: Date, today: Date) -> Result<Self, ParticipationViolation> {
        Ok(self.with(self.years.complete_year(date, today)?))
    }

    /// Interrupts the years from a day on.
    pub(crate) fn defer(&self, date: Date, today: Date) -> Result<Self, ParticipationViolation> {
        Ok(self.with(self.years.defer(date, self.attended.map(|(_, last)| last), today)?))
    }

    /// Goes on from a day on.
    pub(crate) fn resume(&self, date: Date, today: Date) -> Result<Self, ParticipationViolation> {
        Ok(self.with(self.years.resume(date, today)?))
    }

    /// Leaves the programme, after a year was started. Before that the place is given back instead.
    pub(crate) fn withdraw(&self, date: Date, reason: String, today: Date) -> Result<Self, ParticipationViolation> {
        let years = self.years.withdraw(date, self.attended.map(|(_, last)| last), today)?;
        Ok(Self { withdraw_reason: Some(reason), ..self.with(years) })
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
        self.years.check_evidence(date, today)?;
        Ok(Self { agreement: Some(agreement), ..self.with(self.years.clone()) })
    }

    /// Attended a meeting on a day, in a year that was started.
    pub(crate) fn attend(&self, date: Date, today: Date) -> Result<Self, ParticipationViolation> {
        self.years.check_attendance(date, today)?;
        let (first, last) = self.attended.unwrap_or((date, date));
        Ok(Self { attended: Some((first.min(date), last.max(date))), ..self.with(self.years.clone()) })
    }

    /// Attendance of a day was taken away; `left` are the first and the last day that are left.
    pub(crate) fn withdraw_attendance(&self, left: Option<(Date, Date)>) -> Self {
        Self { attended: left, ..self.with(self.years.clone()) }
    }

    /// Gets other lead participants.
    pub(crate) fn change_leads(&self) -> Result<Self, ParticipationViolation> {
        if !self.is_live() {
            return Err(YearsViolation::Ended(self.state).into());
        }
        Ok(self.with(self.years.clone()))
    }

    /// Gives the place back, because the application was withdrawn before the year started.
    pub(crate) fn cancel(&self) -> Result<Self, ParticipationViolation> {
        Ok(self.with(self.years.cancel()?))
    }

    /// Gives the place back after the academic year started, because the school never took part. `date` is the day on which it said so.
    pub(crate) fn give_back(&self, date: Date, reason: String, today: Date) -> Result<Self, ParticipationViolation> {
        let years = self.years.give_back(date, today)?;
        let year = self.first_academic_year;
        match self.origin.accept_date() {
            Some(accepted) if date < accepted => return Err(ParticipationViolation::DateBeforePlace { date, accepted }),
            // An imported one has no such day: it begins with its first academic year.
            None if date < year.start_date() => {
                return Err(YearsViolation::DateOutsideYear { date, year }.into());
            }
            _ => {}
        }
        Ok(Self { withdraw_reason: Some(reason), ..self.with(years) })
    }

    /// The next version, with other years.
    pub(crate) fn with(&self, years: Years) -> Self {
        Self { years, version: self.version + 1, ..self.clone() }
    }
}

impl Deref for Participation {
    type Target = Years;

    fn deref(&self) -> &Years {
        &self.years
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
    /// A rule of the years.
    Years(YearsViolation),
    /// The agreement was signed before.
    AgreementSigned(Date),
    /// The day is before the place was accepted.
    DateBeforePlace { date: Date, accepted: Date },
}

impl From<YearsViolation> for ParticipationViolation {
    fn from(violation: YearsViolation) -> Self {
        Self::Years(violation)
    }
}

/// The calls that help after a violation of the years, which the crate `years` cannot name.
fn remedy(violation: &YearsViolation) -> Option<&'static str> {
    match violation {
        YearsViolation::YearStarted(_) => Some("the call is WithdrawParticipation"),
        YearsViolation::YearNotCompleted(_) => Some("the call is CompleteYear"),
        YearsViolation::YearNotStarted => Some(
            "the calls are StartYear, and to give back WithdrawApplication before the academic year starts and WithdrawParticipation after",
        ),
        YearsViolation::Deferred => Some("the call is ResumeParticipation"),
        _ => None,
    }
}

impl RuleViolation for ParticipationViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::Years(violation) => match remedy(violation) {
                Some(remedy) => violation.error().remedy(remedy),
                None => violation.error(),
            },
            Self::AgreementSigned(date) => ApiError::new(Reason::AgreementSigned, format!("the agreement was signed on {date}"))
                .with("agreement_sign_date", date),
            Self::DateBeforePlace { date, accepted } => {
                let message = format!("{date} is before {accepted}, the day on which the place was accepted");
                ApiError::new(Reason::DateBeforeLast, message).with("last_date", accepted)
            }
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
