//! Hubs.

use db::{Error, Tx, sql};
use sqlx::AssertSqlSafe;

use super::day;
use crate::domain::{Urn, hub::Hub};

#[derive(sqlx::FromRow)]
struct Row {
    hub_id: String,
    display_name: String,
    lead_school_urn: i64,
    start_date: String,
    end_date: Option<String>,
    version: i64,
}

impl Row {
    fn hub(self) -> Hub {
        Hub {
            hub_id: self.hub_id,
            display_name: self.display_name,
            lead_school: Urn::new_checked(self.lead_school_urn).expect("a constraint keeps URNs"),
            start_date: day(&self.start_date),
            end_date: self.end_date.as_deref().map(day),
            version: self.version,
        }
    }
}

/// Founds a hub. False when its id is taken.
pub(crate) async fn hub_insert(tx: &mut Tx<'_>, hub: &Hub) -> Result<bool, Error> {
    let new = sql!(tx, conn => sqlx::query(
        "INSERT INTO hub (hub_id, display_name, lead_school_urn, start_date, end_date, version) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (hub_id) DO NOTHING")
        .bind(&hub.hub_id).bind(&hub.display_name).bind(i64::from(hub.lead_school)).bind(hub.start_date.to_string())
        .bind(hub.end_date.map(|date| date.to_string())).bind(hub.version)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(new == 1)
}

/// One hub.
pub(crate) async fn hub_find(tx: &mut Tx<'_>, hub_id: &str) -> Result<Option<Hub>, Error> {
    let row: Option<Row> = sql!(tx, conn => sqlx::query_as("SELECT * FROM hub WHERE hub_id = $1")
        .bind(hub_id).fetch_optional(conn).await)?;
    Ok(row.map(Row::hub))
}

/// One hub, for whoever rests on it: on PostgreSQL it cannot be changed until this transaction ends.
pub(crate) async fn hub_find_shared(tx: &mut Tx<'_>, hub_id: &str) -> Result<Option<Hub>, Error> {
    hub_find_locked(tx, hub_id, "FOR SHARE").await
}

/// One hub, for whoever changes it: on PostgreSQL a second change waits here for the first. Two that shared it would each wait for the other to let go.
pub(crate) async fn hub_find_held(tx: &mut Tx<'_>, hub_id: &str) -> Result<Option<Hub>, Error> {
    hub_find_locked(tx, hub_id, "FOR NO KEY UPDATE").await
}

async fn hub_find_locked(tx: &mut Tx<'_>, hub_id: &str, lock: &str) -> Result<Option<Hub>, Error> {
    // SQLite has one writer anyway.
    let text = format!("SELECT * FROM hub WHERE hub_id = $1 {}", if tx.is_postgres() { lock } else { "" });
    let row: Option<Row> = sql!(tx, conn => sqlx::query_as(AssertSqlSafe(text)).bind(hub_id).fetch_optional(conn).await)?;
    Ok(row.map(Row::hub))
}

/// Changes a hub of this version, and makes it the next. False when it is of another one by now.
pub(crate) async fn hub_update(tx: &mut Tx<'_>, hub: &Hub) -> Result<bool, Error> {
    let changed = sql!(tx, conn => sqlx::query(
        "UPDATE hub SET display_name = $2, lead_school_urn = $3, end_date = $4, version = version + 1 WHERE hub_id = $1 AND version = $5")
        .bind(&hub.hub_id).bind(&hub.display_name).bind(i64::from(hub.lead_school))
        .bind(hub.end_date.map(|date| date.to_string())).bind(hub.version)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Hubs after an id, in order of their id.
pub(crate) async fn hub_list(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Hub>, Error> {
    let rows: Vec<Row> = sql!(tx, conn => sqlx::query_as("SELECT * FROM hub WHERE hub_id > $1 ORDER BY hub_id LIMIT $2")
        .bind(after).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Row::hub).collect())
}
