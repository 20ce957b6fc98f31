//! Why a use case did not happen.

use crate::domain::{Broken, HubId, Urn};

/// Why a use case did not happen. `api/status.rs` says what the caller gets for each.
#[derive(Debug)]
pub(crate) enum Error {
    /// A rule would be broken.
    Broken(Broken),
    /// Nothing of that name, or nothing that the caller may see.
    NotFound(String),
    /// The name is taken.
    AlreadyExists(String),
    /// It changed since it was read.
    Stale(String),
    /// A field says what cannot be, as is known only now.
    Field(&'static str, String),
    /// The case would not be the caller's own.
    OutOfScope { hub: HubId, urn: Urn },
    /// The school's lineage has a live application or has taken part.
    SchoolHasApplied(Urn),
    /// All places are accepted.
    NoPlaceLeft(String),
    /// More places are accepted than there would be.
    PlacesBelowAccepted { name: String, accepted_count: i64 },
    /// Places or applications refer to a programme that would go.
    ProgrammeInUse,
    /// The database failed.
    Database(db::Error),
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        Self::Database(error)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}
