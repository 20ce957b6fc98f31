//! Errors between a caller and its database.

use std::borrow::Cow;

use sqlx::migrate::MigrateError;

use crate::monitor::is_plan_outdated;

/// An error of the database. Nothing was written, except where the variant says that this is not known.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A statement failed.
    #[error(transparent)]
    Statement(#[from] sqlx::Error),
    /// A row holds a value that its type does not know.
    #[error("inconsistent row of `{table}` ({row}), read by {origin}: column `{column}`: {source}")]
    InconsistentRow {
        /// Path of the function with the statement.
        origin: &'static str,
        /// The table.
        table: &'static str,
        /// The first columns of the row, which hold its key.
        row: String,
        /// The column.
        column: String,
        /// The fault of the value.
        source: sqlx::error::BoxDynError,
    },
    /// The job succeeded, but its transaction did not; its changes are lost.
    #[error("the transaction was not committed: {0}")]
    NotCommitted(String),
    /// The connection broke while it committed: whether the job's changes were kept is not known. The same request, with its id, finds out.
    #[error("it is not known whether the transaction was committed: {0}")]
    CommitUnknown(String),
    /// The job panicked; its own changes are undone.
    #[error("the job panicked: {0}")]
    Panicked(String),
    /// Too many jobs wait, or none got a connection in time.
    #[error("the database has too much to do: {0}")]
    Overloaded(&'static str),
    /// The server takes no changes, as a standby does.
    #[error("the database is read-only")]
    ReadOnly,
    /// The pool is closed: the service is shutting down.
    #[error("the database is closed")]
    Closed,
    /// The database was written by a newer version of this program, or by another one.
    #[error(
        "the database is of a newer version, or another service's: it has migration {0}, which this program does not know. \
         Use the program that wrote it, or a newer one"
    )]
    Newer(i64),
    /// The database lacks a step of this program, which is only read and so does not take it.
    #[error(
        "the database is empty or of an older version: it lacks migration {0}. Use the program that wrote it, or start the service once, which brings the \
         schema up to date"
    )]
    Older(i64),
    /// A step of the database has another text in this program.
    #[error(
        "the database was made by another version of this program, or by another service: its migration {0} has another text. \
         Start with an empty database, or use the program that wrote this one"
    )]
    Edited(i64),
    /// The schema could not be brought up to date.
    #[error("the schema could not be brought up to date: {0}")]
    Migrate(MigrateError),
    /// The URL names no database that this program can use.
    #[error("`{url}` is no database URL: {why}. Give sqlite:PATH or postgres://USER@HOST/NAME")]
    Url {
        /// As given, without its password.
        url: String,
        /// The fault of the URL.
        why: String,
    },
    /// Others could read and change what is sent.
    #[error(
        "the database {url} is on another machine, which must prove who it is: add `?sslmode=verify-full&sslrootcert=FILE` to its URL, where FILE has \
         the authorities of its certificate in PEM, or allow plain text with --plaintext-allowed (MATHSHUBS_PLAINTEXT_ALLOWED=true)"
    )]
    Plaintext {
        /// As given, without its password.
        url: String,
    },
    /// Every account of the machine has rights on the database.
    #[error("everybody has rights on the database file {} (mode {mode:o}); run `chmod 600 {}`", file.display(), file.display())]
    Exposed {
        /// The file.
        file: std::path::PathBuf,
        /// Its rights.
        mode: u32,
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

    /// True when a FOREIGN KEY constraint refused a row.
    pub fn is_foreign_key_violation(&self) -> bool {
        matches!(self, Self::Statement(sqlx::Error::Database(error)) if error.is_foreign_key_violation())
    }

    /// True when a CHECK constraint refused a row.
    pub fn is_check_violation(&self) -> bool {
        matches!(self, Self::Statement(sqlx::Error::Database(error)) if error.is_check_violation())
    }

    /// True when the same call may succeed if it is made again: contention, a full disk, a closed or overloaded database, a deadlock, a statement that
    /// PostgreSQL cancelled after a timeout or planned before the schema changed, or a [fault](Self::is_fault).
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NotCommitted(_) | Self::CommitUnknown(_) | Self::Overloaded(_) | Self::Closed => true,
            Self::Statement(sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed) => true,
            _ => self.code().is_some_and(|code| is_contention_code(&code)) || is_plan_outdated(self) || self.is_fault(),
        }
    }

    /// True when something outside of the program must change, and may do so at any time: the server or the disk is away, full or read-only, or the
    /// account lost its password or its rights. No call brings it about.
    pub fn is_fault(&self) -> bool {
        match self {
            Self::Statement(sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed) => {
                true
            }
            Self::Open { .. } | Self::ReadOnly => true,
            _ => self.code().is_some_and(|code| is_fault_code(&code)),
        }
    }

    /// The database's code for a statement that failed.
    pub(crate) fn code(&self) -> Option<Cow<'_, str>> {
        let Self::Statement(sqlx::Error::Database(error)) = self else { return None };
        error.code()
    }

    /// True when any constraint refused a row.
    pub fn is_constraint_violation(&self) -> bool {
        use sqlx::error::ErrorKind::Other;
        matches!(self, Self::Statement(sqlx::Error::Database(error)) if !matches!(error.kind(), Other))
    }

    /// True when the server of the database cannot be reached, does not take connections, or is a standby: it may come back.
    pub fn is_away(&self) -> bool {
        match self {
            Self::ReadOnly => true,
            Self::Open { source, .. }
            | Self::Statement(source)
            | Self::Migrate(MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)) => match source {
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
                sqlx::Error::Database(error) => error.code().is_some_and(|code| is_away_code(&code)),
                _ => false,
            },
            _ => false,
        }
    }

    /// For a caller whose job was in a failed batch. A constraint that only the commit checked is named in the log alone: the job that broke it is not
    /// known.
    pub(crate) fn of_a_batch(&self) -> Self {
        match self {
            Self::CommitUnknown(why) => Self::CommitUnknown(why.clone()),
            Self::NotCommitted(why) => Self::NotCommitted(why.clone()),
            other => Self::NotCommitted(other.to_string()),
        }
    }
}

/// The lowest byte of SQLite's codes, which are numbers; `None` for those of PostgreSQL, which have five characters.
fn sqlite_code(code: &str) -> Option<i32> {
    if code.len() == 5 { None } else { code.parse::<i32>().ok().map(|code| code & 0xff) }
}

fn is_contention_code(code: &str) -> bool {
    match sqlite_code(code) {
        // Busy, locked.
        Some(code) => matches!(code, 5 | 6),
        // Serialization failure, deadlock, lock timeout, statement timeout.
        None => matches!(code, "40001" | "40P01" | "55P03" | "57014"),
    }
}

fn is_fault_code(code: &str) -> bool {
    match sqlite_code(code) {
        // No permission, read-only, input or output, full, cannot be opened.
        Some(code) => matches!(code, 3 | 8 | 10 | 13 | 14),
        // 28: the account is not let in; 42501: it lacks a right; 3D000: there is no such database, which is being restored.
        None => code.starts_with("28") || matches!(code, "42501" | "3D000") || is_away_code(code),
    }
}

/// PostgreSQL's codes for a server that cannot be used now. 57P: it goes down or comes up; 53: it lacks disk, memory or connections; 08: the connection
/// broke; 25006: it is read-only, as a standby is.
fn is_away_code(code: &str) -> bool {
    code == "25006" || ["57P", "53", "08"].iter().any(|class| code.len() == 5 && code.starts_with(class))
}
