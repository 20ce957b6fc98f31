//! The feed: the events of a service, in order, for other services and for analytics.
//!
//! [`append`] adds an event in the transaction that causes it. [`Feed`] serves the events as `FeedService.Read` and, on PostgreSQL, gives them their
//! positions ([`Feed::run`]). [`Consumer`] reads another service's feed and applies each event once.
//!
//! The promise: positions strictly increase; a reader that has seen position n never sees a smaller one later; events of one resource come in the order
//! in which they happened; no event is lost; gaps in positions mean nothing.
#![warn(missing_docs)]

mod append;
mod chain;
mod consumer;
mod cursor;
mod feed;
mod metrics;
mod read;
mod sequencer;
mod status;
mod store;
mod verify;

pub use self::metrics::describe_metrics;
pub use append::{Actor, Cause, EVENT_BYTES_MAX, append};
pub use chain::hexadecimal;
pub use consumer::{Apply, ApplyError, Consumer, decode, payload};
pub use feed::{Feed, Options, open};
pub use proto::feed::v1 as pb;
pub use read::FeedServer;
pub use status::{ConsumerStatus, ConsumerWatch};
pub use verify::{ChainHead, Difference, VerifyError, hash_at, page, verify};

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
