//! The rules of enrolment, pure: no database, no wire, no clock.

mod application;
mod ground;
mod id;
mod participation;

pub(crate) use application::{Application, ApplicationState, Coldness, Submission};
pub(crate) use ground::{Ground, check_eligible, why_not_eligible};
pub(crate) use id::{ApplicationId, ParticipationId};
pub(crate) use mirror::{Hub, Phase, School};
pub(crate) use name::{HubId, ProgrammeId, Urn};
pub(crate) use participation::{Participation, ParticipationState};
pub(crate) use crate::{places::{Places, check_hub_open}, round::{PlaceOrder, Round, RoundId, RoundProgramme}};
pub(crate) use scope::Scope;

/// A rule that an act would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It is not the day for submissions.
    WindowClosed { start: time::Date, end: time::Date },
    /// The application is in another state than the verb takes.
    NotDraft(ApplicationState),
    /// The application has no offer.
    NotOffered(ApplicationState),
    /// The offer ran out.
    OfferExpired(time::Instant),
    /// The application ended before.
    Ended(ApplicationState),
    /// The academic year has begun, so that a place is left, not given back.
    YearStarted(time::AcademicYear),
    /// The round's academic year is over.
    YearEnded(time::AcademicYear),
    /// The school may not take part, and why.
    NotEligible { urn: Urn, why: &'static str },
    /// The hub gives no places of the year, because it begins later or is over.
    HubNotOpen { hub: Hub, year: time::AcademicYear },
    /// A policy that is in force would change.
    PolicyInForce,
    /// The participation ended before.
    ParticipationEnded(ParticipationState),
    /// The year that was taken up is not completed.
    YearNotCompleted(i64),
    /// The agreement was signed before.
    AgreementSigned(time::Date),
    /// A day lies before the place was accepted.
    DateBeforePlace { date: time::Date, accepted: time::Date },
    /// The day's attendance was recorded before.
    AttendanceRecorded(time::Date),
    /// No year was taken up that could be completed or left.
    YearNotStarted,
    /// A day lies outside the academic year that it is about.
    DateOutsideYear { date: time::Date, year: time::AcademicYear },
    /// A day has not come yet.
    DateInFuture(time::Date),
    /// A day lies before what was recorded last.
    DateBeforeLast { date: time::Date, last: time::Date },
}
