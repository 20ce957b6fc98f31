//! The promises of the feed, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chain;
mod common;
mod consume;
mod migrations;
mod order;
mod stream;
