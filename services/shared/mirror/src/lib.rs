//! The mirror: a service's copy of what it needs of the network, from the network's events. It holds hubs and the schools' choices of them, the catalogue of programmes, schools and their
//! lineage, ids of people and their appointments, decisions of the Council, and figures of how little areas were reached. With it the service works while the network is down.
//!
//! [`Network`] applies the events. A service that also reacts to them calls [`apply`] for each. Parts of an import or of a publication are staged, and
//! take effect together with its last event. Use cases read with [`find_school`], [`find_hub`], [`person_by_id_for_update`] and [`lineage`], or with their own SQL over the tables
//! of [`MIGRATIONS`].
#![warn(missing_docs)]

mod apply;
mod hub;
mod person;
mod programme;
mod read;
mod school;
mod write;

pub use apply::{Applied, Network, apply};
pub use hub::Hub;
pub use name::Phase;
pub use person::{Person, erased_person, unknown_person};
pub use programme::{GroupLeader, Programme, ProgrammeYear, WorkGroupShape, find_programme_of_year, programme_of_year};
pub use read::{
    LINEAGE_URNS_MAX, find_hub, find_person_for_update, find_school, find_school_end, find_unknown_decision, hub_exists, lineage,
    lineages, person_by_id_for_update,
};
pub use school::{School, SchoolEnd, SchoolRow};

/// The tables of the mirror.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 20, name: "mirror", sql: include_str!("../migrations/0020_mirror.sql") }];

#[cfg(test)]
mod tests {
    #[test]
    fn the_statements_are_reviewed() {
        db::testing::statements_are_reviewed(env!("CARGO_PKG_NAME"), env!("CARGO_MANIFEST_DIR"));
    }
}
