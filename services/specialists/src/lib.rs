//! Specialists: cohorts, the nominations that schools make for them, and their selection by a score that favours areas with less historic
//! engagement.
//!
//! [`Specialists`] declares the service: its gRPC services, and the network's feed that it mirrors (crate `mirror`).

mod cohort;
mod config;
mod nomination;
mod ranking;
mod score_weights;
mod service;

pub use config::Config;
pub use service::{DESCRIPTOR, MIGRATIONS, Specialists};
