//! The feed: what happened in a service, in order, for every other part that needs to know.
//!
//! [`append`] has an event recorded in the transaction that causes it. [`Feed`] serves the events as `FeedService.Read` and, on PostgreSQL, gives
//! them their places in the order ([`Feed::run`]). [`Consumer`] reads another service's feed and applies its events, each once.
//!
//! The promise: positions strictly increase; whoever has seen position n will never later see a smaller one; events of one resource come in the
//! order in which they happened; nothing is lost; gaps mean nothing.
#![warn(missing_docs)]

mod append;
mod consumer;
mod cursor;
mod feed;
mod figures;
mod read;
mod sequencer;
mod status;
mod store;

pub use append::{Cause, EVENT_BYTES_MAX, append};
pub use consumer::{Apply, ApplyError, Consumer, decode, payload};
pub use feed::{Feed, Options, open};
pub use figures::describe_metrics;
pub use proto::feed::v1 as pb;
pub use read::FeedServer;
pub use status::{ConsumerStatus, ConsumerWatch};

/// The tables of the feed and of its consumers. [`open`] adds them; list them only where a pool is opened without it.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 10, name: "event", sql: include_str!("../migrations/0010_event.sql") }];

#[cfg(test)]
mod tests {
    #[test]
    fn the_statements_are_reviewed() {
        db::testing::statements_are_reviewed(env!("CARGO_PKG_NAME"), env!("CARGO_MANIFEST_DIR"));
    }
}
