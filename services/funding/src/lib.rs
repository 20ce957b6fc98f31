//! Funding: what places entitle schools to, out of which budget, on what evidence; and every penny's way, in a ledger that is only ever added to.
//!
//! [`Funding`] declares the service: its gRPC services, the feeds of the network and of enrolment, and its periodic job.

#[path = "budget/allocate_budget.rs"]
mod allocate_budget;
mod api;
#[path = "batch/approve_batch.rs"]
mod approve_batch;
#[path = "entitlement/recognise.rs"]
mod arise;
#[cfg(test)]
#[path = "concurrency.rs"]
mod at_once;
#[path = "batch/batch_ref.rs"]
mod batch_ref;
#[path = "batch/cancel_batch.rs"]
mod cancel_batch;
mod config;
#[path = "batch/create_batch.rs"]
mod create_batch;
#[path = "policy/create_policy.rs"]
mod create_policy;
#[path = "entitlement/decide_entitlement.rs"]
mod decide_entitlement;
#[path = "service.rs"]
mod declaration;
mod domain;
mod entitlement_transfer;
mod error;
mod events;
#[path = "entitlement/apply_evidence.rs"]
mod follow;
#[path = "entitlement/commitment.rs"]
mod fund;
#[path = "follow.rs"]
mod mirror;
#[path = "review/reassess_lineage.rs"]
mod reassess_lineage;
mod release;
#[path = "batch/release_batch.rs"]
mod release_batch;
#[path = "ledger/reverse_transfer.rs"]
mod reverse_transfer;
#[path = "entitlement/set_payee.rs"]
mod set_payee;
mod store;
mod sweep;
mod wire;

pub use config::Config;
pub use declaration::{DESCRIPTOR, Funding, MIGRATIONS};
