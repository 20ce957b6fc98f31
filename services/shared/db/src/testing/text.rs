//! Statements that a test makes up at run time.

use sqlx::AssertSqlSafe;

use crate::{Conn, Error, ResultRow, Tx};

/// Runs a statement without parameters. Gives the number of rows that it changed.
pub async fn execute(tx: &mut Tx<'_>, text: impl Into<String>) -> Result<u64, Error> {
    let query = AssertSqlSafe(text.into());
    Ok(match tx.conn() {
        Conn::Sqlite(conn) => sqlx::query(query).execute(conn).await?.rows_affected(),
        Conn::Postgres(conn) => sqlx::query(query).execute(conn).await?.rows_affected(),
    })
}

/// Gives all rows of a query without parameters.
pub async fn fetch_all<R: ResultRow>(tx: &mut Tx<'_>, text: impl Into<String>) -> Result<Vec<R>, Error> {
    let query = AssertSqlSafe(text.into());
    Ok(match tx.conn() {
        Conn::Sqlite(conn) => sqlx::query_as(query).fetch_all(conn).await?,
        Conn::Postgres(conn) => sqlx::query_as(query).fetch_all(conn).await?,
    })
}
