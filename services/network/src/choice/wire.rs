//! Choices as messages, and filters of lists from messages.

use std::collections::BTreeSet;

use access::Caller;
use name::{DecisionId, HubId, Urn};
use proto::network::v1 as pb;
use server::Fields;
use service::Resource;

use super::{Choice, EnteredChoice, list_hub_choices::ChoiceFilter, move_schools::AskedMove};
use crate::hub::wire::authorities;

/// Most schools that a call names.
const MOVED_SCHOOLS_MAX: usize = 1_000;

impl From<&Choice> for pb::HubChoice {
    fn from(choice: &Choice) -> Self {
        Self {
            name: choice.name(),
            school: choice.urn.to_string(),
            hub: choice.hub.to_string(),
            start_date: choice.start_date.to_string(),
            end_date: choice.end_date.map(|day| day.to_string()).unwrap_or_default(),
        }
    }
}

/// The choice that a caller enters.
pub(crate) fn choice(fields: &mut Fields, caller: &Caller, message: &pb::ChooseHubRequest) -> Option<EnteredChoice> {
    let urn = fields.read("school", Urn::parse(&message.school));
    let hub = fields.read("hub", HubId::parse(&message.hub));
    let start_date = fields.date("start_date", &message.start_date);
    let document_sha256 = fields.document_sha256(caller, &message.document_sha256);
    Some(EnteredChoice { urn: urn?, hub: hub?, start_date: start_date?, document_sha256: document_sha256? })
}

/// The move that a caller asks for.
pub(crate) fn moves(fields: &mut Fields, message: &pb::MoveSchoolsRequest) -> Option<AskedMove> {
    let one = message.old_la_codes.is_empty() != message.schools.is_empty();
    fields.require("old_la_codes", one, "must be set, or schools, and not both");
    let old_la_codes = authorities(fields, "old_la_codes", &message.old_la_codes);
    fields.require("schools", message.schools.len() <= MOVED_SCHOOLS_MAX, "must be at most 1000 schools");
    let urns = message.schools.iter().take(MOVED_SCHOOLS_MAX).enumerate();
    let urns: Vec<_> = urns.map(|(index, name)| fields.read(&format!("schools[{index}]"), Urn::parse(name))).collect();
    let urns: Option<Vec<Urn>> = urns.into_iter().collect();
    if let Some(urns) = &urns {
        fields.require("schools", urns.iter().collect::<BTreeSet<_>>().len() == urns.len(), "must have no school twice");
    }
    let hub = fields.read("hub", HubId::parse(&message.hub));
    let start_date = fields.date("start_date", &message.start_date);
    let decision = fields.read("decision", DecisionId::parse(&message.decision));
    let etag = if message.validate_only { None } else { Some(fields.etag("etag", &message.etag)?) };
    let (old_la_codes, urns, hub) = (old_la_codes?, urns?, hub?);
    Some(AskedMove { old_la_codes, urns, hub, start_date: start_date?, decision: decision?, etag })
}

/// The filter of a list of choices. A field that is wrong does not filter.
pub(crate) fn filter(fields: &mut Fields, message: &pb::ListHubChoicesRequest) -> ChoiceFilter {
    let neither = message.school.is_empty() && message.hub.is_empty();
    fields.require("school", !neither, "at least one of school and hub must be set");
    ChoiceFilter {
        school: fields.optional("school", &message.school, Urn::parse),
        hub: fields.optional("hub", &message.hub, HubId::parse),
        as_of: fields.optional_date("as_of_date", &message.as_of_date),
    }
}
