//! For tests of services that follow a feed.

use feed::ApplyError;
use proto::feed::v1::Event;

use crate::{EventEffect, Transitions};

/// Full names of the events that a service records, in the order of its contract: the messages of `mathshubs/{source}/v1/events.proto`. Panics when
/// there is no such file.
pub fn event_types(source: &str) -> Vec<String> {
    let file = access::contracts().get_file_by_name(&format!("mathshubs/{source}/v1/events.proto"));
    let file = file.unwrap_or_else(|| panic!("the contracts have no events of `{source}`"));
    file.messages().map(|message| message.full_name().to_owned()).collect()
}

/// The effect of `apply` for each event of a service, as lines of a reviewed `follows.csv`: `source,event,effect`; the effect is `applied` or `ignored`.
/// Each event is tried with an empty payload; an event that cannot be applied so concerns the service.
pub async fn follow_lines(source: &str, apply: impl AsyncFn(Event) -> Result<EventEffect, ApplyError>) -> String {
    let mut lines = String::new();
    for r#type in event_types(source) {
        let event = Event { r#type: r#type.clone(), ..Event::default() };
        let effect = if matches!(apply(event).await, Ok(EventEffect::Ignored)) { "ignored" } else { "applied" };
        lines.push_str(&format!("{source},{},{effect}\n", r#type.rsplit('.').next().unwrap_or_default()));
    }
    lines
}

/// The rows of a state machine as lines of a reviewed `states.csv`: `resource,from,verb,to`.
pub fn state_lines<S: std::fmt::Display, V: std::fmt::Display>(resource: &str, table: &Transitions<S, V>) -> String {
    table.iter().map(|(from, verb, to)| format!("{resource},{from},{verb},{to}\n")).collect()
}
