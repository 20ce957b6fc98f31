//! The promises of the pool, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod group_commit;
mod migrations;
mod open;
mod postgres;
mod requests;
mod statements;
mod syncs;
mod undo;
