//! Funding: what places entitle schools to, out of which budget, on what evidence; and every penny's way, in a ledger that is only ever added to.
//!
//! A [`Service`] is opened on a database, gives its gRPC [`Service::routes`], and needs [`Service::background`] to run beside them: its feed, what it
//! hears of the network and of enrolment, and what it does by itself.

mod act;
mod allocate;
mod api;
mod arise;
#[cfg(test)]
mod at_once;
mod batch;
mod config;
mod create_batch;
mod create_policy;
mod decide;
mod domain;
mod error;
mod events;
mod follow;
mod fund;
mod look_again;
mod mirror;
mod release;
mod reverse;
mod serve;
mod service;
mod set_payee;
mod store;
mod sweep;
mod wire;

pub use config::Config;
pub use serve::serve;
pub use service::{MIGRATIONS, SERVICES, Service};
