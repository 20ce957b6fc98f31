//! Stories of funding, on both databases: what enrolment and the network tell comes over real feeds, what people do comes over the routes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod batches_at_once;
mod entitlements;
mod ledger;
mod lineage;
mod payees;
mod payments;
mod policies;
mod questions;
mod schema;
mod stage;
mod sweep;
mod teller;
mod walk;
