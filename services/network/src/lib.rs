//! The network: the register of schools, hubs, the hub that each school chose, the Council, the catalogue of programmes, and how far the programme has
//! reached.
//!
//! Start at `proto/mathshubs/network/v1`. There is one folder for each resource; `api.rs` decodes a request and calls the function of its RPC, which has a
//! file of the same name.

mod appointment;
mod choice;
mod config;
mod council;
mod follow;
mod hub;
mod lineage;
mod person;
mod priority;
mod programme;
mod reach;
mod reach_policy;
mod register;
mod school;
mod service;
mod stream;

pub use config::Config;
pub use follow::References;
pub use person::erase_persons;
pub use service::{DESCRIPTOR, MIGRATIONS, Network, mark_demonstration};

/// The rules of the catalogue's resources, for files that are checked before the first call.
pub mod catalogue {
    pub use crate::programme::wire::{
        decision_violations, meeting_violations, priority_violations, programme_violations, reach_policy_violations,
        terms_violations,
    };
}

/// The types of GIAS' links.
pub mod links {
    pub use crate::lineage::says_descent;
}
