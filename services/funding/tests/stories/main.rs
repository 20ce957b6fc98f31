//! Stories of funding, on both databases: what enrolment and the network tell comes over real feeds, what people do comes over the routes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "concurrent_batches.rs"]
mod batches_at_once;
mod entitlements;
mod ledger;
mod lineage;
mod payees;
mod payments;
mod policies;
#[path = "reviews.rs"]
mod questions;
mod schema;
#[path = "fixture.rs"]
mod stage;
mod sweep;
#[path = "feed_source.rs"]
mod teller;
mod walk;
