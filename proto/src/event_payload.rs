//! The payloads of events, generated from the messages of every `events.proto`.

use std::borrow::Cow;

/// The payload of an event.
pub trait EventPayload: prost::Message + prost::Name + Clone {
    /// The payload as it is recorded: its fields with the option `free_text` are empty, because nothing can be removed from a feed.
    fn without_free_text(&self) -> Cow<'_, Self>;
}

include!(concat!(env!("OUT_DIR"), "/event_payload.rs"));
