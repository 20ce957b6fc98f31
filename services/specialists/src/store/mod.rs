//! All SQL of specialists. Whoever changes a nomination holds its cohort's row first: shared to add one, alone to rank, select, override or withdraw,
//! so that a ranking stands while one selects by it. Then come the person and the nomination. Beside that, one live nomination per person is a
//! constraint of the database. SQLite has one writer, which needs no lock; where PostgreSQL holds a row, the fork is shown.

use sqlx::AssertSqlSafe;

#[path = "../cohort/store.rs"]
pub(crate) mod cohort;
#[path = "../nomination/store.rs"]
pub(crate) mod nomination;
#[path = "../person/store.rs"]
pub(crate) mod person;
#[path = "../ranking/store.rs"]
pub(crate) mod ranking;
mod row;
#[path = "../score_weights/store.rs"]
pub(crate) mod weights;

pub(crate) use scope::{ScopeKey, in_scope};

/// How a row is held until the end of the transaction.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hold {
    /// Others may hold it so too.
    Shared,
    /// Nobody else may.
    Alone,
}

/// A query that also locks the rows that it reads.
fn holding(tx: &db::Tx<'_>, text: &str, hold: Hold) -> AssertSqlSafe<String> {
    AssertSqlSafe(match hold {
        _ if !tx.is_postgres() => text.to_owned(),
        Hold::Shared => format!("{text} FOR SHARE"),
        Hold::Alone => format!("{text} FOR UPDATE"),
    })
}
