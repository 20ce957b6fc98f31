//! All SQL of enrolment. Contention is decided by conditional updates under constraints; where PostgreSQL must hold a row that is read to be
//! changed, the fork is shown. Locks are taken in the order round, places, application, claims, participation, so that no two transactions can
//! wait for each other.

use db::Error;
use sqlx::AssertSqlSafe;

pub(crate) mod application;
pub(crate) mod claim;
pub(crate) mod ground;
pub(crate) mod participation;
pub(crate) mod places;
pub(crate) mod round;
mod row;
pub(crate) mod waiting;

pub(crate) use scope::{ScopeKey, in_scope};

/// Most rows that one statement of ours changes.
pub(crate) const ROWS_MAX: i64 = 1_000;

/// A query that also locks the rows that it reads. SQLite has one writer, which needs no lock; PostgreSQL has many.
fn locking(tx: &db::Tx<'_>, text: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(if tx.is_postgres() { format!("{text} FOR UPDATE") } else { text.to_owned() })
}

/// None when a row and what it refers to part: on PostgreSQL a programme can leave its round while somebody begins to refer to it.
fn referring<T>(done: Result<T, sqlx::Error>) -> Result<Option<T>, Error> {
    match done {
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => Ok(None),
        other => Ok(Some(other?)),
    }
}
