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
    ("programme", "an id of lower-case letters, digits and hyphens"),
    ("application", "the name of a resource"),
    ("participation", "the name of a resource"),
    ("policy", "the name of a resource"),
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
    ("LinksConfirmed.importer", "the id of an actor, as in every event"),
    ("person", "the name of a resource; its id says nothing about the person"),
    ("Participation.agreement_document", "lower-case letters, digits and hyphens"),
    ("Participation.agreement_document_version", "lower-case letters, digits, dots and hyphens"),
    ("Evidence.event_id", "an id that a service made"),
    ("Evidence.event_type", "the name of a message"),
    ("FeedPosition.source", "the name of a service"),
    ("FeedPosition.epoch", "an id that a service made"),
    ("Transfer.request_id", "64 visible ASCII characters at most; chosen by the calling program"),
