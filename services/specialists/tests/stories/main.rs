//! Stories of specialists: each calls the service as its clients do, on both databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod eligibility;
mod fixture;
mod network_feed;
mod order;
mod person;
mod personal_data;
mod ranking;
mod schema;
mod selection;
mod walk;
