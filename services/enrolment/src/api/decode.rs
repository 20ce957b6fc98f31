//! Messages as domain values: everything that is wrong is said at once.

use proto::enrolment::v1 as pb;
use server::{Fields, resource_id};
use time::{AcademicYear, Date};

use crate::{
    application_ref::ApplicationRef,
    create_application::Draft,
    domain::{
        ApplicationId, ApplicationState, HubId, ParticipationId, ParticipationState, Phase, PlaceOrder, PlaceOrderPolicy,
        ProgrammeId, Round, RoundId, RoundProgramme, Scope, Urn,
    },
    participation_ref::ParticipationRef,
};

/// Longest name that people read, in characters.
const DISPLAY_NAME_LENGTH_MAX: usize = 200;
/// Longest reason, in characters.
const REASON_LENGTH_MAX: usize = 500;
/// Most programmes of a round, and most of its policies.
const LIST_LENGTH_MAX: usize = 50;
/// Most places of a hub for a programme.
const PLACES_COUNT_MAX: i32 = 100_000;
/// Most offers of one call.
const OFFERS_COUNT_MAX: i32 = 1_000;

pub(super) fn round_id(fields: &mut Fields, field: &str, name: &str) -> Option<RoundId> {
    fields.read(field, resource_id(name, RoundId::COLLECTION, RoundId::LENGTH_MAX)).map(RoundId::trusted)
}

pub(super) fn hub_id(fields: &mut Fields, field: &str, name: &str) -> Option<HubId> {
    fields.read(field, resource_id(name, HubId::COLLECTION, HubId::LENGTH_MAX)).map(HubId::trusted)
}

pub(super) fn participation_id(fields: &mut Fields, field: &str, name: &str) -> Option<ParticipationId> {
    fields.read(field, resource_id(name, ParticipationId::COLLECTION, ParticipationId::LENGTH_MAX)).map(ParticipationId::trusted)
}

pub(super) fn urn(fields: &mut Fields, field: &str, name: &str) -> Option<Urn> {
    fields.read(field, Urn::parse(name))
}

pub(super) fn reason(fields: &mut Fields, text: &str) -> Option<String> {
    fields.text("reason", text, 1, REASON_LENGTH_MAX)
}

/// `rounds/{round}/applications/{application}`.
pub(super) fn application_name(fields: &mut Fields, field: &str, name: &str) -> Option<(RoundId, ApplicationId)> {
    let parts = name.find("/applications/").map(|slash| name.split_at(slash));
    let parse = |(round, application): (&str, &str)| {
        let round = resource_id(round, RoundId::COLLECTION, RoundId::LENGTH_MAX).ok()?;
        let id = resource_id(&application[1..], ApplicationId::COLLECTION, ApplicationId::LENGTH_MAX).ok()?;
        Some((RoundId::trusted(round), ApplicationId::trusted(id)))
    };
    let wrong = || format!("must be `rounds/ROUND/applications/APPLICATION`; found `{name}`");
    fields.read(field, parts.and_then(parse).ok_or_else(wrong))
}

/// An application that a caller of this scope names in the field `name`.
pub(super) fn application_ref(fields: &mut Fields, scope: Scope, name: &str) -> Option<ApplicationRef> {
    let (round, id) = application_name(fields, "name", name)?;
    Some(ApplicationRef { round, id, scope })
}

/// A participation that a caller of this scope names in the field `name`.
pub(super) fn participation_ref(fields: &mut Fields, scope: Scope, name: &str) -> Option<ParticipationRef> {
    Some(ParticipationRef { id: participation_id(fields, "name", name)?, scope })
}

/// The application to be drafted.
pub(super) fn draft(fields: &mut Fields, message: &pb::CreateApplicationRequest) -> Option<Draft> {
    let round = round_id(fields, "parent", &message.parent);
    let asked = message.application.clone().unwrap_or_default();
    let urn = urn(fields, "application.school", &asked.school);
    let hub = hub_id(fields, "application.hub", &asked.hub);
    let programme = programme_id(fields, "application.programme", &asked.programme);
    Some(Draft { round: round?, urn: urn?, hub: hub?, programme: programme? })
}

/// The hub and the school of a filter; empty and 0 mean all.
pub(super) fn hub_and_school_filter(fields: &mut Fields, hub: &str, school: &str) -> (String, i64) {
    let hub = if hub.is_empty() { None } else { hub_id(fields, "hub", hub) };
    let urn = if school.is_empty() { None } else { urn(fields, "school", school) };
    (hub.map(|hub| hub.as_str().to_owned()).unwrap_or_default(), urn.map_or(0, |urn| urn.number()))
}

/// The id of a programme, which stands alone.
pub(super) fn programme_id(fields: &mut Fields, field: &str, id: &str) -> Option<ProgrammeId> {
    fields.read(field, ProgrammeId::parse(id))
}

/// None for 0, which means one for every free place.
pub(super) fn offers_count(fields: &mut Fields, count: i32) -> Option<i64> {
    fields.require("offers_count", (0..=OFFERS_COUNT_MAX).contains(&count), "must be 0 to 1,000");
    (count > 0).then_some(count.into())
}

pub(super) fn application_state(fields: &mut Fields, number: i32) -> Option<ApplicationState> {
    match pb::ApplicationState::try_from(number) {
        Ok(pb::ApplicationState::Unspecified) => None,
        Ok(state) => ApplicationState::ALL.into_iter().find(|own| pb::ApplicationState::from(*own) == state),
        Err(_) => {
            fields.wrong("state", "is none of the states");
            None
        }
    }
}

pub(super) fn participation_state(fields: &mut Fields, number: i32) -> Option<ParticipationState> {
    match pb::ParticipationState::try_from(number) {
        Ok(pb::ParticipationState::Unspecified) => None,
        Ok(state) => ParticipationState::ALL.into_iter().find(|own| pb::ParticipationState::from(*own) == state),
        Err(_) => {
            fields.wrong("state", "is none of the states");
            None
        }
    }
}
