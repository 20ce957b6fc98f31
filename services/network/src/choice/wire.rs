//! Choices as messages, and filters of lists from messages.

use access::Caller;
use name::{HubId, Urn};
use proto::network::v1 as pb;
use server::Fields;
use service::Resource;

use super::{Choice, EnteredChoice, list_hub_choices::ChoiceFilter};

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
