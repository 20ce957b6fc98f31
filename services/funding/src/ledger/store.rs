//! Transfers: added, and never changed.

use db::{Error, Tx, sql};

use super::row::TransferRow;
use crate::domain::{BatchId, Settlement, Transfer, TransferId};

macro_rules! columns {
    () => {
        "id, debit_account, credit_account, amount_pence, kind, post_time, entitlement, batch, payee_kind, payee_reference, settles,
         reverses, actor, request_id, reason"
    };
}

/// Posts a transfer. False when what it settles or reverses was settled or reversed before: the table's UNIQUE says so.
pub(crate) async fn transfer_insert(tx: &mut Tx<'_>, transfer: &Transfer) -> Result<bool, Error> {
    let (settles, reverses) = match &transfer.settlement {
        Settlement::None => (None, None),
        Settlement::Settles(settled) => (Some(settled.as_str()), None),
        Settlement::Reverses(reversed) => (None, Some(reversed.as_str())),
    };
    let payee = transfer.payee.as_ref();
    let inserted: Result<(), Error> = sql!(tx, conn => sqlx::query(
        "INSERT INTO transfer (id, debit_account, credit_account, amount_pence, kind, post_date, post_time, entitlement, batch, payee_kind,
             payee_reference, settles, reverses, actor, request_id, reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)")
        .bind(transfer.id.as_str()).bind(transfer.debit.as_str()).bind(transfer.credit.as_str()).bind(transfer.amount.number())
        .bind(transfer.kind.as_str()).bind(transfer.posted.date().to_string()).bind(transfer.posted.micros())
        .bind(transfer.entitlement.as_ref().map(|id| id.as_str())).bind(transfer.batch.as_ref().map(|id| id.as_str()))
        .bind(payee.map(|payee| payee.kind.as_str())).bind(payee.map(|payee| payee.reference.as_str()))
        .bind(settles).bind(reverses).bind(&transfer.actor).bind(&transfer.request_id).bind(&transfer.reason)
        .execute(conn).await.map(drop)).map_err(Error::from);
    match inserted {
        Err(error) if error.is_unique_violation() => Ok(false),
        other => other.map(|()| true),
    }
}

/// Pays all entitlements of a batch, in one statement: each to its payee, settling that by which it came to hold its money. A payment is named after
/// its batch and its entitlement.
pub(crate) async fn transfer_insert_batch(tx: &mut Tx<'_>, batch: &BatchId, cause: &feed::Cause) -> Result<u64, Error> {
    Ok(sql!(tx, conn => sqlx::query(
        "INSERT INTO transfer (id, debit_account, credit_account, amount_pence, kind, post_date, post_time, entitlement, batch, payee_kind,
             payee_reference, settles, actor, request_id, reason)
         SELECT $1 || '-' || id, 'committed-' || financial_year || '-' || hub, 'paid-' || financial_year || '-' || hub, amount_pence, 'post',
             $2, $3, id, batch, payee_kind, payee_reference, transfer, $4, $5, ''
         FROM entitlement WHERE batch = $1 AND state = 'payable' AND review IS NULL")
        .bind(batch.as_str()).bind(cause.recorded.date().to_string()).bind(cause.recorded.micros()).bind(&cause.actor)
        .bind(&cause.request_id).execute(conn).await.map(|done| done.rows_affected()))?)
}

pub(crate) async fn find_transfer(tx: &mut Tx<'_>, id: &TransferId) -> Result<Option<Transfer>, Error> {
    let row: Option<TransferRow> = sql!(tx, conn => sqlx::query_as(concat!("SELECT ", columns!(), " FROM transfer WHERE id = $1"))
        .bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// What a page holds: empty means all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) account: String,
    pub(crate) entitlement: String,
    pub(crate) batch: String,
}

/// A page in the order in which they were posted.
pub(crate) async fn transfer_page(
    tx: &mut Tx<'_>,
    filter: &Filter,
    (after_time, after_id): (i64, &str),
    limit: i64,
) -> Result<Vec<Transfer>, Error> {
    let rows: Vec<TransferRow> = sql!(tx, conn => sqlx::query_as(concat!(
        "SELECT ", columns!(), " FROM transfer
         WHERE ($1 = '' OR debit_account = $1 OR credit_account = $1) AND ($2 = '' OR entitlement = $2) AND ($3 = '' OR batch = $3)
           AND (post_time, id) > ($4, $5)
         ORDER BY post_time, id LIMIT $6"))
        .bind(&filter.account).bind(&filter.entitlement).bind(&filter.batch).bind(after_time).bind(after_id).bind(limit)
        .fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
