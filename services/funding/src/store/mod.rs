//! All SQL of funding. Contention is decided by conditional updates under constraints; where PostgreSQL must hold a row that is read to be changed,
//! the fork is shown. Locks are taken in the order batch, participation, entitlement, claims, budget; several of a kind in the order of their keys. Who
//! allocates holds a budget before the entitlements that it funds, who decides holds an entitlement before its kin, and entitlements that are funded or
//! gathered in the order of acceptance may be asked about in that of their keys, so two may wait for each other there: PostgreSQL ends one of them,
//! which the service tries again by itself and a caller is told to.

use sqlx::AssertSqlSafe;

pub(crate) mod account;
#[path = "../batch/store.rs"]
pub(crate) mod batch;
#[path = "../budget/store.rs"]
pub(crate) mod budget;
#[path = "../claim/store.rs"]
pub(crate) mod claim;
#[path = "../entitlement/store.rs"]
pub(crate) mod entitlement;
#[path = "../participation/store.rs"]
pub(crate) mod participation;
#[path = "../payee/store.rs"]
pub(crate) mod payee;
#[path = "../policy/store.rs"]
pub(crate) mod policy;
#[path = "../review/store.rs"]
pub(crate) mod review;
mod row;
#[cfg(test)]
#[path = "../testing.rs"]
pub(crate) mod testing;
#[path = "../ledger/store.rs"]
pub(crate) mod transfer;

pub(crate) use scope::ScopeKey;

/// A query that also locks the rows that it reads. SQLite has one writer, which needs no lock; PostgreSQL has many.
fn locking(tx: &db::Tx<'_>, text: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(if tx.is_postgres() { format!("{text} FOR UPDATE") } else { text.to_owned() })
}
