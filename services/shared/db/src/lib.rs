//! The database of a service: SQLite by default, PostgreSQL where the URL says so, the same SQL text for both.
//!
//! [`Pool::read`] lends a connection; [`Pool::write`] runs a **job**: an owned closure that gets a [`Tx`] and awaits nothing but the database. On
//! PostgreSQL a job has a transaction of its own, READ COMMITTED. On SQLite one writer task runs the waiting jobs one after another, each in a
//! savepoint, commits them together, and only then answers any of them. [`sql!`] runs one ordinary sqlx expression against whichever is held.

mod child;
mod error;
mod figures;
mod found;
mod job;
mod migrate;
mod pool;
mod postgres;
mod requests;
mod sqlite;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;

pub use child::Child;
pub use error::Error;
pub use figures::describe_metrics;
pub use found::{create_if_missing, is_empty};
pub use job::{Flush, NoFlush, Outcome};
pub use migrate::Migration;
pub use pool::{Options, Pool};
pub use requests::{Answered, RequestKey, request_answer, request_begin, request_forget_before};
pub use tx::{Conn, Deferred, Tx, placeholders};

/// What every service's database has, whatever else it has.
pub const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, name: "request", sql: include_str!("../migrations/0001_request.sql") }];

/// Runs one sqlx expression against whichever database a [`Tx`] holds: `sql!(tx, conn => sqlx::query("…").bind(x).execute(conn).await)`.
/// It is compiled once for each; what it yields must be of one type, so map a result to plain values inside.
#[macro_export]
macro_rules! sql {
    ($tx:expr, $conn:ident => $body:expr) => {
        match $tx.conn() {
            $crate::Conn::Sqlite($conn) => $body,
            $crate::Conn::Postgres($conn) => $body,
        }
    };
}
