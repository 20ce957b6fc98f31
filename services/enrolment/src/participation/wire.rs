//! Participations as messages, and messages as participations.

use name::{HubId, Urn};
use proto::{Mutation, enrolment::v1 as pb};
use scope::Scope;
use server::{ApiError, Call, Fields};
use service::{Resource, count};
use time::{AcademicYear, Date};

use super::{
    ParticipationRef,
    rules::{Participation, ParticipationId, ParticipationState},
    store::ParticipationFilter,
};

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
            etag: participation.etag(),
            agreement_sign_date: participation.agreement_sign_date.map(|date| date.to_string()).unwrap_or_default(),
            first_attendance_date: participation.attended.map(|(first, _)| first.to_string()).unwrap_or_default(),
            accept_date: participation.accept_date.to_string(),
        }
    }
}

/// The participation that a caller of this scope names in the field `name`.
pub(super) fn participation_ref(fields: &mut Fields, scope: Scope, name: &str) -> Option<ParticipationRef> {
    Some(ParticipationRef { id: fields.read("name", ParticipationId::parse(name))?, scope })
}

/// The participation and the day of a request that has both; `field` and `text` are the name and the value of the day's field.
pub(super) fn on_a_day(
    call: &Call,
    message: &impl Mutation,
    name: &str,
    (field, text): (&str, &str),
) -> Result<(ParticipationRef, Date), ApiError> {
    let scope = Scope::of(call)?;
    Fields::decode_mutation(message, |fields| {
        let participation = participation_ref(fields, scope, name);
        let date = fields.date(field, text);
        Some((participation?, date?))
    })
}

/// The filter of a list.
pub(super) fn filter(fields: &mut Fields, message: &pb::ListParticipationsRequest) -> ParticipationFilter {
    ParticipationFilter {
        state: state(fields, message.state),
        hub: fields.optional("hub", &message.hub, HubId::parse),
        urn: fields.optional("school", &message.school, Urn::parse),
        first_academic_year: fields.optional("first_academic_year", &message.first_academic_year, AcademicYear::parse),
    }
}

fn state(fields: &mut Fields, number: i32) -> Option<ParticipationState> {
    match pb::ParticipationState::try_from(number) {
        Ok(pb::ParticipationState::Unspecified) => None,
        Ok(state) => ParticipationState::ALL.iter().copied().find(|own| pb::ParticipationState::from(*own) == state),
        Err(_) => {
            fields.wrong("state", "is none of the states");
            None
        }
    }
}
