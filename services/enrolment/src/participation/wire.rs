//! Participations as messages, and messages as participations.

use name::{HubId, Urn};
use proto::{Mutation, enrolment::v1 as pb};
use scope::Scope;
use server::{ApiError, Call, Fields};
use service::{Resource, count};
use time::{AcademicYear, Date};
use years::{Deferral, YearsState};

use super::{
    ParticipationRef,
    rules::{Agreement, Origin, Participation, ParticipationId},
    store::ParticipationFilter,
};
use crate::attention;

/// Longest short name of a document, and longest version, in characters.
const DOCUMENT_LENGTH_MAX: usize = 40;
const DOCUMENT_VERSION_LENGTH_MAX: usize = 20;

/// A state as the contract names it.
fn state_message(state: YearsState) -> pb::ParticipationState {
    match state {
        YearsState::Enrolled => pb::ParticipationState::Enrolled,
        YearsState::Active => pb::ParticipationState::Active,
        YearsState::Deferred => pb::ParticipationState::Deferred,
        YearsState::Completed => pb::ParticipationState::Completed,
        YearsState::Withdrawn => pb::ParticipationState::Withdrawn,
        YearsState::Cancelled => pb::ParticipationState::Cancelled,
    }
}

impl From<&Participation> for pb::Participation {
    fn from(participation: &Participation) -> Self {
        let agreement = participation.agreement.as_ref();
        let (application, accept_date, import_source) = match &participation.origin {
            Origin::Place { round, application, accept_date } => {
                (format!("{round}/{application}"), accept_date.to_string(), String::new())
            }
            Origin::Import { source } => (String::new(), String::new(), source.clone()),
        };
        Self {
            name: participation.id.to_string(),
            application,
            school: participation.urn.to_string(),
            hub: participation.hub.to_string(),
            current_hub: participation.current_hub.to_string(),
            programme: participation.programme.as_str().to_owned(),
            first_academic_year: participation.first_academic_year.to_string(),
            years_count: count(participation.years_count),
            state: state_message(participation.state).into(),
            year_number: count(participation.year_number),
            years_completed_count: count(participation.years_completed_count),
            deferrals: participation.deferrals.iter().map(deferral_message).collect(),
            deferred_years_count: count(participation.deferred_years_count),
            etag: participation.etag(),
            agreement_sign_date: agreement.map(|agreement| agreement.sign_date.to_string()).unwrap_or_default(),
            first_attendance_date: participation.attended.map(|(first, _)| first.to_string()).unwrap_or_default(),
            accept_date,
            import_source,
            agreement_document: agreement.map(|agreement| agreement.document.clone()).unwrap_or_default(),
            agreement_document_version: agreement.map(|agreement| agreement.document_version.clone()).unwrap_or_default(),
        }
    }
}

fn deferral_message(deferral: &Deferral) -> pb::Deferral {
    pb::Deferral {
        start_date: deferral.start_date.to_string(),
        resume_date: deferral.resume_date.map(|day| day.to_string()).unwrap_or_default(),
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

/// The agreement that a request records.
pub(super) fn agreement(fields: &mut Fields, message: &pb::RecordAgreementRequest) -> Option<Agreement> {
    let sign_date = fields.date("sign_date", &message.sign_date);
    let document = fields.new_id("document", &message.document, DOCUMENT_LENGTH_MAX);
    let version = &message.document_version;
    let fits = (1..=DOCUMENT_VERSION_LENGTH_MAX).contains(&version.len()) && version.bytes().all(is_of_version);
    fields.require("document_version", fits, "must be 1 to 20 lower-case letters, digits, dots and hyphens");
    let document_version = Some(version.clone()).filter(|_| fits);
    Some(Agreement { sign_date: sign_date?, document: document?, document_version: document_version? })
}

fn is_of_version(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
}

/// The filter of a list.
pub(super) fn filter(fields: &mut Fields, message: &pb::ListParticipationsRequest) -> ParticipationFilter {
    ParticipationFilter {
        state: state(fields, message.state),
        hub: fields.optional("hub", &message.hub, HubId::parse),
        urn: fields.optional("school", &message.school, Urn::parse),
        first_academic_year: fields.optional("first_academic_year", &message.first_academic_year, AcademicYear::parse),
        attention: attention::wire::filter(fields, &message.attention),
    }
}

fn state(fields: &mut Fields, number: i32) -> Option<YearsState> {
    match pb::ParticipationState::try_from(number) {
        Ok(pb::ParticipationState::Unspecified) => None,
        Ok(state) => YearsState::ALL.iter().copied().find(|own| state_message(*own) == state),
        Err(_) => {
            fields.wrong("state", "is none of the states");
            None
        }
    }
}
