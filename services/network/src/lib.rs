//! The network: which schools there are, which hubs, which school chose which hub, and how far the programme has reached.
//!
//! Start at `proto/mathshubs/network/v1`. A request goes from `api` to a use case (one file per verb) to `domain` and `store`.

mod api;
mod approve_reach;
mod choose_hub;
mod code;
mod config;
mod create_hub;
mod declaration;
mod domain;
mod error;
mod events;
mod import_register;
mod publish_reach;
mod store;
mod update_hub;
mod wire;

pub use config::Config;
pub use declaration::{DESCRIPTOR, Network, mark_demonstration};
pub use domain::geography;
pub use store::MIGRATIONS;

/// The types of GIAS' links.
pub mod links {
    pub use crate::domain::lineage::says_descent;
}

/// The arithmetic of published figures, for whoever makes and whoever checks them.
pub mod reach {
    pub use crate::domain::reach::{RANKED_SCHOOLS_MIN, coldness_ppm, permille};
}
