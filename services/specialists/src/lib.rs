//! Specialists: cohorts, the nominations that schools make for them, and their selection by a score that favours areas with less historic
//! engagement.
//!
//! A [`Service`] is opened on a database, gives its gRPC [`Service::routes`], and needs [`Service::background`] to run beside them: its feed, and its
//! mirror of the network's events.

mod act;
mod api;
mod config;
mod create_cohort;
mod decide;
mod domain;
mod error;
mod events;
mod nominate;
mod publish_weights;
mod rank;
mod select;
mod serve;
mod service;
mod store;
mod target;
mod wire;
mod withdraw;

pub use config::Config;
pub use serve::serve;
pub use service::{MIGRATIONS, SERVICES, Service};
