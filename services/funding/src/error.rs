//! Why a use case did not happen.

use crate::domain::Broken;

/// Why a use case did not happen. `api/status.rs` says what the caller gets for each.
#[derive(Debug)]
pub(crate) enum Error {
    /// A rule would be broken.
    Broken(Broken),
    /// Nothing of that name, or nothing that the caller may see.
    NotFound(String),
    /// The id of the policy is taken.
    PolicyExists(String),
    /// Another policy is in force on one of the days.
    PolicyOverlap,
    /// It changed since it was read.
    Stale(String),
    /// A field says what cannot be, as is known only now.
    Field(&'static str, String),
    /// Nothing can be paid.
    NothingPayable,
    /// Who approved a batch cannot release it.
    ApproverIsReleaser(String),
    /// So many entitlements of a batch wait for a decision.
    BatchInReview(usize),
    /// Less is free than would be taken.
    BudgetExhausted(String),
    /// It was reversed before.
    TransferReversed(String),
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
