//! Domain values as messages, for answers and events. The other direction, which can fail, is `api::decode`.

use proto::enrolment::v1 as pb;

use crate::domain::{
    Application, ApplicationState, Participation, ParticipationState, PlaceOrder, PlaceOrderPolicy, Places, Round, RoundProgramme,
};

/// The etag of a version.
pub(crate) fn etag(version: i64) -> String {
    format!("v{version}")
}

/// A count, which is small wherever it is counted.
fn count(number: i64) -> i32 {
    i32::try_from(number).expect("counts of the contract are checked when they come in")
}

impl From<ApplicationState> for pb::ApplicationState {
    fn from(state: ApplicationState) -> Self {
        match state {
            ApplicationState::Draft => Self::Draft,
            ApplicationState::Submitted => Self::Submitted,
            ApplicationState::Offered => Self::Offered,
            ApplicationState::Accepted => Self::Accepted,
            ApplicationState::Waitlisted => Self::Waitlisted,
            ApplicationState::Declined => Self::Declined,
            ApplicationState::Lapsed => Self::Lapsed,
            ApplicationState::Withdrawn => Self::Withdrawn,
        }
    }
}

impl From<&Application> for pb::Application {
    fn from(application: &Application) -> Self {
        let coldness = application.coldness.as_ref();
        Self {
            name: application.name(),
            school: application.urn.to_string(),
            hub: application.hub.to_string(),
            programme: application.programme.as_str().to_owned(),
            state: pb::ApplicationState::from(application.state).into(),
            queue_number: application.queue_number.unwrap_or(0),
            coldness_ppm: coldness.map(|coldness| coldness.ppm),
            reach_publication: coldness.map(|coldness| coldness.publication.clone()).unwrap_or_default(),
            submit_time: application.submit_time.map(time::Instant::to_proto),
            offer_expire_time: application.offer_expire_time.map(time::Instant::to_proto),
            participation: application.participation.as_ref().map(ToString::to_string).unwrap_or_default(),
            etag: etag(application.version),
            coldness_old_la_code: coldness.map(|coldness| coldness.old_la_code.clone()).unwrap_or_default(),
            coldness_education_phase: coldness.map_or(0, |coldness| count(coldness.phase.number())),
        }
    }
}

impl From<ParticipationState> for pb::ParticipationState {
    fn from(state: ParticipationState) -> Self {
        match state {
            ParticipationState::Enrolled => Self::Enrolled,
            ParticipationState::Active => Self::Active,
            ParticipationState::Completed => Self::Completed,
            ParticipationState::Withdrawn => Self::Withdrawn,
            ParticipationState::Cancelled => Self::Cancelled,
        }
    }
}

impl From<&Participation> for pb::Participation {
    fn from(participation: &Participation) -> Self {
        Self {
            name: participation.id.to_string(),
            application: format!("{}/{}", participation.round, participation.application),
            school: participation.urn.to_string(),
            hub: participation.hub.to_string(),
            programme: participation.programme.as_str().to_owned(),
            first_academic_year: participation.first_academic_year.to_string(),
            years_count: count(participation.years_count),
            state: pb::ParticipationState::from(participation.state).into(),
            year_number: count(participation.year_number),
            years_completed_count: count(participation.years_completed_count),
            etag: etag(participation.version),
            agreement_sign_date: participation.agreement_sign_date.map(|date| date.to_string()).unwrap_or_default(),
            first_attendance_date: participation.attended.map(|(first, _)| first.to_string()).unwrap_or_default(),
            accept_date: participation.accept_date.to_string(),
        }
    }
}
