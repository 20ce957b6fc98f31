//! Specialists: cohorts, the nominations that schools make for them, and their selection by a score that favours areas with less historic
//! engagement.
//!
//! [`Specialists`] declares the service: its gRPC services, and the network's feed that it mirrors (crate `mirror`).

mod api;
mod config;
mod create_cohort;
mod create_nomination;
mod create_score_weights;
mod declaration;
mod domain;
mod error;
mod events;
mod nomination_ref;
mod override_nomination;
mod rank_nominations;
mod select_nominations;
mod store;
mod wire;
mod withdraw_nomination;

pub use config::Config;
pub use declaration::{DESCRIPTOR, MIGRATIONS, Specialists};
