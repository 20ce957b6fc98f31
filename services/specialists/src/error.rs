//! Why a use case did not happen.

use crate::domain::{Broken, HubId, Urn};

/// Why a use case did not happen. `api/status.rs` says what the caller gets for each.
#[derive(Debug)]
pub(crate) enum Error {
    /// A rule would be broken.
    Broken(Broken),
    /// Nothing of that name, or nothing that the caller may see.
    NotFound(String),
    /// The cohort's name is taken, or its number.
    CohortExists(String),
    /// It changed since it was read.
    Stale(String),
    /// The nomination would not be the caller's own.
    OutOfScope { hub: HubId, urn: Urn },
    /// The selection is another's.
    HubNotOwn,
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
