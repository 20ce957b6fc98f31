//! What tests put into the tables of the mirror, and what they count.

use db::{Error, Tx, sql};
use name::{HubId, Urn};
use sqlx::AssertSqlSafe;

/// Hubs that are known.
pub(crate) async fn hub_insert_all(tx: &mut Tx<'_>, hubs: &[HubId]) -> Result<(), Error> {
    for hub in hubs {
        sql!(tx, conn => sqlx::query("INSERT INTO hub (id) VALUES ($1)").bind(hub.as_str()).execute(conn).await.map(drop))?;
    }
    Ok(())
}

/// Undated links of plain descent, each from the older school to the newer.
pub(crate) async fn link_insert_all(tx: &mut Tx<'_>, links: &[(Urn, Urn)]) -> Result<(), Error> {
    for (older, newer) in links {
        sql!(tx, conn => sqlx::query(
            "INSERT INTO school_link (predecessor_urn, successor_urn, is_split, established_date) VALUES ($1, $2, FALSE, '')")
            .bind(older.number()).bind(newer.number()).execute(conn).await.map(drop))?;
    }
    Ok(())
}

/// The one number that a query gives.
pub(crate) async fn number(tx: &mut Tx<'_>, text: &'static str) -> Result<i64, Error> {
    let (number,): (i64,) = sql!(tx, conn => sqlx::query_as(AssertSqlSafe(text)).fetch_one(conn).await)?;
    Ok(number)
}
