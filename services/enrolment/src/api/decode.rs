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

/// A round with its id; version 1.
pub(super) fn round(fields: &mut Fields, id: Option<RoundId>, message: Option<pb::Round>) -> Option<Round> {
    let Some(message) = message else {
        fields.wrong("round", "must be set");
        return None;
    };
    let display_name = fields.text("round.display_name", &message.display_name, 1, DISPLAY_NAME_LENGTH_MAX);
    let academic_year = fields.read("round.academic_year", AcademicYear::parse(&message.academic_year));
    let window_start = fields.date("round.window_start_date", &message.window_start_date);
    let window_end = fields.date("round.window_end_date", &message.window_end_date);
    if let (Some(start), Some(end)) = (window_start, window_end) {
        fields.require("round.window_end_date", start <= end, "must not lie before the window's first day");
    }
    if let (Some(year), Some(end)) = (academic_year, window_end) {
        let last = year.end_date();
        let why = format!("must not lie after {last}, the last day of {year}, from which on no place is given");
        fields.require("round.window_end_date", end <= last, &why);
    }
    let days = message.offer_days_count;
    fields.require("round.offer_days_count", (1..=90).contains(&days), "must be 1 to 90");
    let programmes = programmes(fields, message.programmes);
    let policies = policies(fields, message.place_order_policies, window_start);
    Some(Round {
        id: id?,
        display_name: display_name?,
        academic_year: academic_year?,
        window_start: window_start?,
        window_end: window_end?,
        offer_days_count: days,
        programmes: programmes?,
        policies: policies?,
        version: 1,
    })
}

fn programmes(fields: &mut Fields, messages: Vec<pb::RoundProgramme>) -> Option<Vec<RoundProgramme>> {
    let fits = (1..=LIST_LENGTH_MAX).contains(&messages.len());
    fields.require("round.programmes", fits, "must be 1 to 50");
    if !fits {
        return None;
    }
    let mut programmes: Vec<Option<RoundProgramme>> = Vec::new();
    for (index, message) in messages.into_iter().enumerate() {
        let field = |name: &str| format!("round.programmes[{index}].{name}");
        let id = programme_id(fields, &field("programme"), &message.programme);
        let twice = programmes.iter().flatten().any(|other| Some(&other.id) == id.as_ref());
        fields.require(&field("programme"), !twice, "is there twice");
        let display_name = fields.text(&field("display_name"), &message.display_name, 1, DISPLAY_NAME_LENGTH_MAX);
        fields.require(&field("years_count"), (1..=3).contains(&message.years_count), "must be 1 to 3");
        let mut phases: Vec<Phase> = message.education_phases.iter().filter_map(|phase| Phase::of((*phase).into())).collect();
        fields.require(
            &field("education_phases"),
            !phases.is_empty() && phases.len() == message.education_phases.len(),
            "must be at least one phase, and none unspecified",
        );
        phases.sort_unstable();
        phases.dedup();
        programmes.push(id.zip(display_name).map(|(id, display_name)| RoundProgramme {
            id,
            display_name,
            phases,
            years_count: message.years_count.into(),
        }));
    }
    programmes.into_iter().collect()
}

fn policies(
    fields: &mut Fields,
    messages: Vec<pb::PlaceOrderPolicy>,
    window_start: Option<Date>,
) -> Option<Vec<PlaceOrderPolicy>> {
    let fits = (1..=LIST_LENGTH_MAX).contains(&messages.len());
    fields.require("round.place_order_policies", fits, "must be 1 to 50");
    let mut policies = Vec::new();
    for (index, message) in messages.into_iter().take(LIST_LENGTH_MAX).enumerate() {
        let field = |name: &str| format!("round.place_order_policies[{index}].{name}");
        let start = fields.date(&field("start_date"), &message.start_date);
        let order = match message.place_order() {
            pb::PlaceOrder::Unspecified => None,
            pb::PlaceOrder::Submission => Some(PlaceOrder::Submission),
            pb::PlaceOrder::PriorityThenSubmission => Some(PlaceOrder::PriorityThenSubmission),
        };
        fields.require(&field("place_order"), order.is_some(), "must be set");
        let decision = fields.text(&field("decision"), &message.decision, 1, DISPLAY_NAME_LENGTH_MAX);
        if let (Some(start), Some(order), Some(decision)) = (start, order, decision) {
            policies.push(PlaceOrderPolicy { start, order, decision });
        }
    }
    let ordered = policies.windows(2).all(|pair| pair[0].start < pair[1].start);
    fields.require("round.place_order_policies", ordered, "must be in order of their first day, no two on one day");
    if let (Some(first), Some(window_start)) = (policies.first(), window_start) {
        fields.require(
            "round.place_order_policies[0].start_date",
            first.start <= window_start,
            "must not lie after the window's first day",
        );
    }
    Some(policies)
}

/// Hub, programme and number of places.
pub(super) fn places(fields: &mut Fields, message: Option<&pb::Places>) -> Option<(HubId, ProgrammeId, i64)> {
    let Some(message) = message else {
        fields.wrong("places", "must be set");
        return None;
    };
    let hub = hub_id(fields, "places.hub", &message.hub);
    let programme = programme_id(fields, "places.programme", &message.programme);
    let count = message.places_count;
    fields.require("places.places_count", (0..=PLACES_COUNT_MAX).contains(&count), "must be 0 to 100,000");
    Some((hub?, programme?, count.into()))
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
