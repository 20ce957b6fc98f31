//! Choices as messages, and filters of lists from messages.

use name::{HubId, Urn};
use proto::network::v1 as pb;
use server::Fields;
use service::Resource;

use super::{Choice, list_hub_choices::ChoiceFilter};

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
