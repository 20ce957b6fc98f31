//! Why a use case did not happen.

use server::ApiError;

/// A rule that a request would break. The type is beside the rule.
pub trait RuleViolation {
    /// The caller's error: reason, message, and values that a program can read.
    fn error(&self) -> ApiError;
}

/// Why a use case did not happen.
#[derive(Debug)]
pub enum Error {
    /// For a reason that the caller is given.
    Api(ApiError),
    /// The database failed.
    Database(db::Error),
}

impl<V: RuleViolation> From<V> for Error {
    fn from(violation: V) -> Self {
        Self::Api(violation.error())
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
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

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(error) => error,
            Error::Database(error) => error.into(),
        }
    }
}
