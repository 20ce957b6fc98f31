//! Funding: entitlements of schools to money, the budgets that pay them and the evidence that proves them; every movement of money is in a ledger that only
//! grows.
//!
//! [`Funding`] declares the service: its gRPC services, the feeds of the network and of enrolment, and its periodic job.
//!
//! Locks are taken in the order batch, participation, entitlement, claims, budget; several of a kind in the order of their keys. Three use cases deviate:
//! AllocateBudget locks a budget before the entitlements that it funds, DecideEntitlement locks an entitlement before its relatives, and entitlements that
//! are funded or put into a batch are locked in the order of acceptance. Two transactions may then wait for each other: PostgreSQL ends one of them. The
//! service retries its own transactions; a caller gets UNAVAILABLE and sends the same request again.

mod batch;
mod budget;
mod claim;
#[cfg(test)]
mod concurrency;
mod config;
mod entitlement;
mod follow;
mod ledger;
mod participation;
mod payee;
mod policy;
mod review;
mod service;
mod sweep;
#[cfg(test)]
mod testing;

pub use crate::service::{DESCRIPTOR, Funding, MIGRATIONS};
pub use config::Config;
pub use ledger::verify_ledger;

/// Longest reason that a caller gives, in characters.
const REASON_LENGTH_MAX: usize = 500;
