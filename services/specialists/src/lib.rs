//! Specialists: cohorts, the nominations that schools make for them, and their selection by a score that favours areas with less historic
//! engagement.
//!
//! [`Specialists`] declares the service: its gRPC services, and the network's feed that it mirrors (crate `mirror`).

mod api;
mod config;
#[path = "cohort/create_cohort.rs"]
mod create_cohort;
#[path = "nomination/create_nomination.rs"]
mod create_nomination;
#[path = "score_weights/create_score_weights.rs"]
mod create_score_weights;
#[path = "service.rs"]
mod declaration;
mod domain;
mod error;
mod events;
#[path = "nomination/nomination_ref.rs"]
mod nomination_ref;
#[path = "nomination/override_nomination.rs"]
mod override_nomination;
#[path = "ranking/rank_nominations.rs"]
mod rank_nominations;
#[path = "nomination/select_nominations.rs"]
mod select_nominations;
mod store;
#[path = "nomination/wire.rs"]
mod wire;
#[path = "nomination/withdraw_nomination.rs"]
mod withdraw_nomination;

pub use config::Config;
pub use declaration::{DESCRIPTOR, MIGRATIONS, Specialists};
