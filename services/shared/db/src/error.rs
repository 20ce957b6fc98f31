//! What can go wrong between a caller and its database.

/// What went wrong. Nothing was written, unless it says that this is not known.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A statement failed.
    #[error(transparent)]
    Statement(#[from] sqlx::Error),
    /// The job succeeded, but the transaction that it was in did not; nobody may rest on it.
    #[error("the transaction was not committed: {0}")]
    NotCommitted(String),
    /// The job panicked; its own changes are undone.
    #[error("the job panicked: {0}")]
    Panicked(String),
    /// Too many jobs wait, or none got a connection in time.
    #[error("the database has too much to do: {0}")]
    Overloaded(&'static str),
    /// The pool is closed: the service is shutting down.
    #[error("the database is closed")]
    Closed,
    /// The database was written by a newer version of this program.
    #[error(
        "the database is of a newer version: it has migration {0}, which this program does not know. Use the program that wrote it, or a newer one"
    )]
    Newer(i64),
    /// The schema could not be brought up to date.
    #[error("the schema could not be brought up to date: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    /// The URL names no database that this program can use.
    #[error("`{url}` is no database URL: {why}. Give sqlite:PATH or postgres://USER@HOST/NAME")]
    Url {
        /// As given, without its password.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The database could not be opened.
    #[error("cannot open the database {what}: {source}")]
    Open {
        /// The file, or the server and database, without a password.
        what: String,
        /// Why.
        source: sqlx::Error,
    },
}

impl Error {
    /// True when a UNIQUE constraint or index refused a row.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Statement(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// True when a CHECK constraint refused a row.
    pub fn is_check_violation(&self) -> bool {
        matches!(self, Self::Statement(sqlx::Error::Database(error)) if error.is_check_violation())
    }

    /// True when the same call may succeed if it is made again: contention, a closed or overloaded database, a deadlock that PostgreSQL broke.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NotCommitted(_) | Self::Overloaded(_) | Self::Closed => true,
            Self::Statement(sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_)) => true,
            Self::Statement(sqlx::Error::Database(error)) => {
                // Serialization failure, deadlock, lock timeout, cannot connect now, administrator's shutdown; SQLite's BUSY.
                matches!(error.code().as_deref(), Some("40001" | "40P01" | "55P03" | "57P03" | "57P01" | "5"))
            }
            _ => false,
        }
    }
}
