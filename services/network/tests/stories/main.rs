//! What a caller of the network service notices, told on both databases, through the wire.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod hubs;
mod import_rows;
mod imports;
mod lineage;
mod reach;
mod schema;
mod setting;
mod walk;
