//! Funding: what places entitle schools to, out of which budget, on what evidence; and every penny's way, in a ledger that is only ever added to.
//!
//! [`Funding`] declares the service: its gRPC services, the feeds of the network and of enrolment, and its periodic job.

mod allocate_budget;
mod api;
mod approve_batch;
mod arise;
#[cfg(test)]
mod at_once;
mod batch_ref;
mod cancel_batch;
mod config;
mod create_batch;
mod create_policy;
mod decide_entitlement;
mod declaration;
mod domain;
mod entitlement_transfer;
mod error;
mod events;
mod follow;
mod fund;
mod mirror;
mod reassess_lineage;
mod release;
mod release_batch;
mod reverse_transfer;
mod set_payee;
mod store;
mod sweep;
mod wire;

pub use config::Config;
pub use declaration::{DESCRIPTOR, Funding, MIGRATIONS};
