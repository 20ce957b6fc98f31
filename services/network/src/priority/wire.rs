//! Priorities as messages, and messages as priorities.

use name::DecisionId;
use proto::network::v1 as pb;
use server::Fields;

use super::{Priority, PriorityId};

/// Longest display name, in characters.
const TITLE_LENGTH_MAX: usize = 200;

impl From<&Priority> for pb::Priority {
    fn from(priority: &Priority) -> Self {
        Self {
            name: priority.id.to_string(),
            display_name: priority.display_name.clone(),
            start_date: priority.start.to_string(),
            end_date: priority.end.map(|end| end.to_string()).unwrap_or_default(),
            decision: priority.decision.to_string(),
        }
    }
}

/// A new priority.
pub(crate) fn priority(fields: &mut Fields, message: &pb::CreatePriorityRequest) -> Option<Priority> {
    let id = fields.new_id("priority_id", &message.priority_id, PriorityId::LENGTH_MAX).map(PriorityId::trusted);
    fields.require("priority", message.priority.is_some(), "must be set");
    let sent = message.priority.clone().unwrap_or_default();
    let display_name = fields.title("priority.display_name", &sent.display_name, TITLE_LENGTH_MAX);
    let start = fields.date("priority.start_date", &sent.start_date);
    let end = fields.optional_date("priority.end_date", &sent.end_date);
    if let (Some(start), Some(end)) = (start, end) {
        fields.require("priority.end_date", end >= start, "must not be before the first day");
    }
    let decision = fields.read("priority.decision", DecisionId::parse(&sent.decision));
    Some(Priority { id: id?, display_name: display_name?, start: start?, end, decision: decision? })
}
