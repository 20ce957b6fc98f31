//! Stories of funding, on both databases. Events of enrolment and the network come from real feeds; requests go through the routes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod concurrent_batches;
mod entitlements;
mod feed_source;
mod fixture;
mod free_texts;
mod ledger;
mod lineage;
mod payees;
mod payments;
mod policies;
mod reviews;
mod schema;
mod sweep;
mod tampering;
mod walk;
mod withdrawn_attendance;
