//! Texts in events: nothing can be removed from a feed, so a text field of an event holds no words of a person, or events leave it out.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor, prost::Message, prost_types::FileDescriptorSet};
use proto::{EventPayload, enrolment::v1 as enrolment, funding::v1 as funding, network::v1 as network};

/// Fields that events hold, by name, by the end of a name, or by message and name; and why they hold no words of a person.
const TEXTS: &[(&str, &str)] = &[
    ("name", "the name of a resource: ids, numbers and days"),
    ("etag", "made by the service"),
    ("*_date", "a day"),
    ("*_sha256", "a checksum"),
    ("*_code", "a code of GIAS or ONS, checked"),
    ("*academic_year", "a year"),
    ("financial_year", "a year"),
    ("school", "the name of a resource"),
    ("lead_school", "the name of a resource"),
    ("hub", "the name of a resource"),
    ("chosen_hub", "the name of a resource"),
    ("current_hub", "the name of a resource"),
    ("Appointment.holder", "the name of a resource"),
    ("Appointment.seat", "a number or the code of a seat"),
    ("programme", "an id of lower-case letters, digits and hyphens"),
    ("terms", "the name of a resource"),
    ("priority", "the name of a resource"),
    ("ProgrammeTarget.date", "a day"),
    ("School.postcode", "of an establishment: upper-case letters, digits and spaces, at most 8"),
    ("application", "the name of a resource"),
    ("participation", "the name of a resource"),
    ("policy", "the name of a resource"),
    ("decision", "the name of a resource"),
    ("CouncilMeeting.chair", "the name of a resource; its id says nothing about the person"),
    ("present_hubs", "names of resources"),
    ("incubated_by_hubs", "names of resources"),
    ("Membership.work_group", "the name of a resource"),
    ("WorkGroup.leader", "the name of a resource; its id says nothing about the person"),
    ("Meeting.host_school", "the name of a resource"),
    ("Meeting.expected_subjects", "names of resources"),
    ("Mark.meeting", "the name of a resource"),
    ("Mark.subject", "the name of a resource"),
    ("old_la_codes", "codes of authorities, checked"),
    ("present_persons", "names of resources; their ids say nothing about the persons"),
    ("batch", "the name of a resource"),
    ("entitlement", "the name of a resource"),
    ("conflicting_entitlement", "the name of a resource"),
    ("transfer", "the name of a resource"),
    ("settled_transfer", "the name of a resource"),
    ("reversed_transfer", "the name of a resource"),
    ("debit_account", "the name of a resource"),
    ("credit_account", "the name of a resource"),
    ("score_weights", "the name of a resource"),
    ("reach_publication", "the name of a resource"),
    ("superseded_reach_publication", "the name of a resource"),
    ("pending_change", "the name of a resource"),
    ("method", "the name of a method"),
    ("ActorErased.actor", "the id of an actor, as in every event"),
    ("LinksConfirmed.importer", "the id of an actor, as in every event"),
    ("person", "the name of a resource; its id says nothing about the person"),
    ("LeadParticipantsSet.persons", "names of resources; their ids say nothing about the persons"),
    ("PersonsMerged.merged_person", "the name of a resource; its id says nothing about the person"),
    ("Person.owner", "the name of a hub or a school, or `ncetm`"),
    ("Participation.agreement_document", "lower-case letters, digits and hyphens"),
    ("Participation.agreement_document_version", "lower-case letters, digits, dots and hyphens"),
    ("Evidence.event_id", "an id that a service made"),
    ("Evidence.event_type", "the name of a message"),
    ("FeedPosition.source", "the name of a service"),
    ("FeedPosition.epoch", "an id that a service made"),
    ("FeedPosition.hash", "a checksum"),
    ("HistoryRestored.event", "an id that a service made"),
    ("HistoryRestored.hash", "a checksum"),
    ("Transfer.request_id", "64 visible ASCII characters at most; chosen by the calling program"),
    ("Transfer.actor", "the id of an actor, as in every event"),
    ("Batch.creator", "the id of an actor, as in every event"),
    ("Batch.approver", "the id of an actor, as in every event"),
    ("Batch.releaser", "the id of an actor, as in every event"),
    ("Ranking.actor", "the id of an actor, as in every event"),
    ("NominationOverride.actor", "the id of an actor, as in every event"),
    ("ReachPublication.publisher", "the id of an actor, as in every event"),
    ("ReachPublication.approver", "the id of an actor, as in every event"),
    ("ReachPublication.approving_body", "one of two bodies"),
    ("Payee.reference", "a school, or the number of a trust or an authority without spaces"),
    ("School.school_name", "of the public register"),
    ("School.la_name", "of the public register"),
    ("School.region_name", "of the public register"),
    ("Hub.display_name", "the title of a body, which reports print"),
    ("Priority.display_name", "the title of a priority"),
    ("Programme.display_name", "the title of a programme, which reports print"),
    ("ProgrammeYear.display_name", "the title of a year of a programme"),
    ("Round.display_name", "the title of a round"),
    ("RoundProgramme.display_name", "the title of a programme, which reports print"),
    ("Cohort.display_name", "the title of a cohort"),
];

/// The text fields of all events, those of the messages inside included.
fn text_fields(pool: &DescriptorPool) -> Vec<FieldDescriptor> {
    fn add(message: &MessageDescriptor, found: &mut Vec<FieldDescriptor>) {
        for field in message.fields() {
            match field.kind() {
                Kind::String | Kind::Bytes => found.push(field),
                Kind::Message(part) => add(&part, found),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    for file in pool.files().filter(|file| file.name().ends_with("/events.proto")) {
        file.messages().for_each(|event| add(&event, &mut found));
    }
    found
}

fn explains(pattern: &str, field: &FieldDescriptor) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => field.name().ends_with(end),
        None => pattern == field.name() || pattern == format!("{}.{}", field.parent_message().name(), field.name()),
    }
}

/// Fields that events would hold without a reason.
fn unexplained(pool: &DescriptorPool) -> BTreeSet<String> {
    let free_text = pool.get_extension_by_name("mathshubs.access.v1.free_text").unwrap();
    let is_left_out = |field: &FieldDescriptor| field.options().get_extension(&free_text).as_bool() == Some(true);
    let is_explained = |field: &FieldDescriptor| TEXTS.iter().any(|(pattern, _)| explains(pattern, field));
    let fields = text_fields(pool).into_iter().filter(|field| !is_left_out(field) && !is_explained(field));
    fields.map(|field| field.full_name().to_owned()).collect()
}

#[test]
fn every_text_of_an_event_is_left_out_or_listed_with_a_reason() {
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).unwrap();
    let unexplained = unexplained(&pool);
    assert!(unexplained.is_empty(), "give these the option `free_text`, or list them in TEXTS with a reason: {unexplained:?}");
    let fields = text_fields(&pool);
    let unused: Vec<_> = TEXTS.iter().filter(|(pattern, _)| !fields.iter().any(|field| explains(pattern, field))).collect();
    assert!(unused.is_empty(), "no event has these: {unused:?}");
}

#[test]
fn a_text_without_the_option_is_found() {
    // `prost_types` drops options that it does not know.
    let set = FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap();
    let found = unexplained(&DescriptorPool::decode(set.encode_to_vec().as_slice()).unwrap());
    for field in ["enrolment.v1.Round.cancel_reason", "funding.v1.Transfer.reason", "specialists.v1.NominationOverride.reason"] {
        assert!(found.contains(&format!("mathshubs.{field}")), "{found:?}");
    }
}

#[test]
fn an_event_is_recorded_without_texts_at_any_depth() {
    let round = |cancel_reason: &str| enrolment::Round {
        name: "rounds/2018".to_owned(),
        cancel_reason: cancel_reason.to_owned(),
        ..enrolment::Round::default()
    };
    let event = enrolment::RoundCancelled { round: Some(round("Anna Smith is ill")) };
    assert_eq!(*event.without_free_text(), enrolment::RoundCancelled { round: Some(round("")) });
    let empty = funding::BatchCancelled::default();
    assert_eq!(*empty.without_free_text(), empty);
    let hub = network::HubCreated { hub: Some(network::Hub { display_name: "North".to_owned(), ..network::Hub::default() }) };
    assert_eq!(*hub.without_free_text(), hub);
}
