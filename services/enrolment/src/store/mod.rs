//! All SQL of enrolment. Contention is decided by conditional updates under constraints; where PostgreSQL must hold a row that is read to be
//! changed, the fork is shown. Locks are taken in the order round, places, application, claims, participation, so that no two transactions can
//! wait for each other.

use sqlx::AssertSqlSafe;

pub(crate) mod application;
pub(crate) mod claim;
pub(crate) mod ground;
pub(crate) mod participation;
pub(crate) mod places;
pub(crate) mod round;
mod row;

pub(crate) use row::ScopeKey;

/// Most rows that one statement of ours changes.
pub(crate) const ROWS_MAX: i64 = 1_000;

/// A query that also locks the rows that it reads. SQLite has one writer, which needs no lock; PostgreSQL has many.
fn locking(tx: &db::Tx<'_>, text: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(if tx.is_postgres() { format!("{text} FOR UPDATE") } else { text.to_owned() })
}

/// Which rows a caller may see, as a condition on `hub` and `urn`: $1 the hub or empty, $2 the school or 0, $3 today.
macro_rules! in_scope {
    () => {
        concat!("($1 = '' OR hub = $1) AND ($2 = 0 OR urn IN (", mirror::ancestors!("$2", "$3"), "))")
    };
}
use in_scope;
