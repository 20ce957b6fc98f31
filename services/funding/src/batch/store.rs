//! Batches of payments.

use db::{Error, Tx, sql};

use super::{locking, row::BatchRow};
use crate::domain::{Batch, BatchId};

macro_rules! columns {
    () => {
        "id, hub, state, entitlements_count, amount_pence, creator, create_time, approver, approve_time, releaser, release_time,
         cancel_reason, version"
    };
}

pub(crate) async fn batch_insert(tx: &mut Tx<'_>, batch: &Batch) -> Result<(), Error> {
    let (creator, created) = &batch.created;
    sql!(tx, conn => sqlx::query(
        "INSERT INTO batch (id, hub, state, entitlements_count, amount_pence, creator, create_time, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(batch.id.as_str()).bind(batch.hub.as_ref().map(|hub| hub.as_str())).bind(batch.state.as_str())
        .bind(batch.entitlements_count).bind(batch.amount.number()).bind(creator).bind(created.micros()).bind(batch.version)
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Says what was put into a batch that this transaction made.
pub(crate) async fn batch_fill(tx: &mut Tx<'_>, batch: &Batch) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("UPDATE batch SET entitlements_count = $2, amount_pence = $3 WHERE id = $1")
        .bind(batch.id.as_str()).bind(batch.entitlements_count).bind(batch.amount.number()).execute(conn).await.map(drop))?;
    Ok(())
}

pub(crate) async fn find_batch(tx: &mut Tx<'_>, id: &BatchId) -> Result<Option<Batch>, Error> {
    let row: Option<BatchRow> = sql!(tx, conn => sqlx::query_as(concat!("SELECT ", columns!(), " FROM batch WHERE id = $1"))
        .bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// To change it.
pub(crate) async fn find_batch_held(tx: &mut Tx<'_>, id: &BatchId) -> Result<Option<Batch>, Error> {
    let text = locking(tx, concat!("SELECT ", columns!(), " FROM batch WHERE id = $1"));
    let row: Option<BatchRow> = sql!(tx, conn => sqlx::query_as(text).bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// A page in order of id; `state` is empty for all.
pub(crate) async fn batch_page(tx: &mut Tx<'_>, state: &str, after: &str, limit: i64) -> Result<Vec<Batch>, Error> {
    let rows: Vec<BatchRow> = sql!(tx, conn => sqlx::query_as(concat!(
        "SELECT ", columns!(), " FROM batch WHERE ($1 = '' OR state = $1) AND id > $2 ORDER BY id LIMIT $3"))
        .bind(state).bind(after).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Writes the next version of a batch, which is held. False when who releases it is who approved it: the table's CHECK says so.
pub(crate) async fn batch_update(tx: &mut Tx<'_>, next: &Batch) -> Result<bool, Error> {
    let (approved, released) = (next.approved.as_ref(), next.released.as_ref());
    let written = sql!(tx, conn => sqlx::query(
        "UPDATE batch SET state = $2, approver = $3, approve_time = $4, releaser = $5, release_time = $6, cancel_reason = $7, version = $8
         WHERE id = $1")
        .bind(next.id.as_str()).bind(next.state.as_str())
        .bind(approved.map(|(by, _)| by)).bind(approved.map(|(_, when)| when.micros()))
        .bind(released.map(|(by, _)| by)).bind(released.map(|(_, when)| when.micros()))
        .bind(next.cancel_reason.as_deref()).bind(next.version)
        .execute(conn).await.map(drop));
    match written {
        Err(sqlx::Error::Database(error)) if error.is_check_violation() && error.message().contains("batch_four_eyes") => {
            Ok(false)
        }
        other => other.map(|()| true).map_err(Error::from),
    }
}
