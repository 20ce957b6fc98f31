//! What a service keeps of the network's events: hubs, schools and their lineage, and how little areas were reached. With its own copy it goes on
//! while the network is down.
//!
//! [`Network`] applies the events; a service that does more than keep them calls [`apply`] for each. Parts of an import or a publication are
//! staged, and take effect together when its end comes. Use cases read with [`find_school`], [`find_hub`] and [`lineage`], or with SQL of their own
//! over the tables of [`MIGRATIONS`].
#![warn(missing_docs)]

mod apply;
mod hub;
mod read;
mod school;
mod write;

pub use apply::{Applied, IGNORED, Network, apply};
pub use hub::Hub;
pub use name::Phase;
pub use read::{LINEAGE_URNS_MAX, find_hub, find_school, hub_exists, lineage};
pub use school::{OutReason, School};

/// The tables of the mirror.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 20, name: "mirror", sql: include_str!("../migrations/0020_mirror.sql") }];
