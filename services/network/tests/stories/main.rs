//! Stories of the network service on both databases, through gRPC.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod appointment;
mod catalogue;
mod council;
mod fixture;
mod hub;
mod lineage;
mod moves;
mod pending_links;
mod person;
mod reach;
mod reach_policy;
mod register;
mod register_rows;
mod schema;
mod stream_limits;
mod walk;
