//! Rows of batches.

use db::{Error, Tx, sql};
use name::HubId;
use server::ApiError;
use time::Instant;

use super::{Batch, BatchId, BatchState, BatchViolation, Signature};
use crate::ledger::Pence;

macro_rules! columns {
    () => {
        "id, hub, state, entitlements_count, amount_pence, creator, create_time, approver, approve_time, releaser, release_time,
         cancel_reason, version"
    };
}

#[derive(sqlx::FromRow)]
struct BatchRow {
    id: BatchId,
    hub: Option<HubId>,
    state: BatchState,
    entitlements_count: i64,
    amount_pence: Pence,
    creator: String,
    create_time: Instant,
    approver: Option<String>,
    approve_time: Option<Instant>,
    releaser: Option<String>,
    release_time: Option<Instant>,
    cancel_reason: Option<String>,
    version: i64,
}

impl From<BatchRow> for Batch {
    fn from(row: BatchRow) -> Self {
        let signature = |by: Option<String>, time: Option<Instant>| by.zip(time).map(|(by, time)| Signature { by, time });
        Self {
            id: row.id,
            hub: row.hub,
            state: row.state,
            entitlements_count: row.entitlements_count,
            amount: row.amount_pence,
            created: Signature { by: row.creator, time: row.create_time },
            approved: signature(row.approver, row.approve_time),
            released: signature(row.releaser, row.release_time),
            cancel_reason: row.cancel_reason,
            version: row.version,
        }
    }
}

pub(super) async fn batch_insert(tx: &mut Tx<'_>, batch: &Batch) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO batch (id, hub, state, entitlements_count, amount_pence, creator, create_time, version)
         VALUES (:id, :hub, :state, :entitlements_count, :amount_pence, :creator, :create_time, :version)",
        id = batch.id,
        hub = batch.hub,
        state = batch.state,
        entitlements_count = batch.entitlements_count,
        amount_pence = batch.amount,
        creator = batch.created.by,
        create_time = batch.created.time,
        version = batch.version,
    );
    inserted.execute().await.map(drop)
}

/// Writes the totals of a batch that this transaction created.
pub(super) async fn batch_update_totals(tx: &mut Tx<'_>, batch: &Batch) -> Result<(), Error> {
    let updated = sql!(
        tx,
        "UPDATE batch SET entitlements_count = :entitlements_count, amount_pence = :amount_pence WHERE id = :id",
        entitlements_count = batch.entitlements_count,
        amount_pence = batch.amount,
        id = batch.id,
    );
    updated.execute().await.map(drop)
}

/// NOT_FOUND when there is no such batch.
pub(super) async fn batch_by_id(tx: &mut Tx<'_>, id: &BatchId) -> Result<Batch, service::Error> {
    let row: Option<BatchRow> =
        sql!(tx, concat!("SELECT ", columns!(), " FROM batch WHERE id = :id"), id).fetch_optional().await?;
    Ok(row.ok_or_else(|| ApiError::not_found(&id.to_string()))?.into())
}

/// Locked, to change it. NOT_FOUND when there is no such batch.
pub(super) async fn batch_by_id_for_update(tx: &mut Tx<'_>, id: &BatchId) -> Result<Batch, service::Error> {
    let batch = sql!(tx, concat!("SELECT ", columns!(), " FROM batch WHERE id = :id {postgres FOR UPDATE}"), id);
    let row: Option<BatchRow> = batch.fetch_optional().await?;
    Ok(row.ok_or_else(|| ApiError::not_found(&id.to_string()))?.into())
}

/// A page in order of id. `state` is `None` for all.
pub(super) async fn batch_page(
    tx: &mut Tx<'_>,
    state: Option<BatchState>,
    after: Option<&BatchId>,
    limit: i64,
) -> Result<Vec<Batch>, Error> {
    let page = sql!(
        tx,
        concat!(
            "SELECT ",
            columns!(),
            " FROM batch WHERE (:state IS NULL OR state = :state) AND id > :after ORDER BY id LIMIT :limit"
        ),
        state,
        after = after.map_or("", BatchId::as_str),
        limit,
    );
    let rows: Vec<BatchRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Writes the next version of a batch, which is locked. Fails with a violation when one person does two of its steps: a CHECK of the table decides.
pub(super) async fn batch_update(tx: &mut Tx<'_>, batch: &Batch) -> Result<(), service::Error> {
    let (approved, released) = (batch.approved.as_ref(), batch.released.as_ref());
    let updated = sql!(
        tx,
        "UPDATE batch SET state = :state, approver = :approver, approve_time = :approve_time, releaser = :releaser,
             release_time = :release_time, cancel_reason = :cancel_reason, version = :version
         WHERE id = :id",
        state = batch.state,
        approver = approved.map(|approved| &approved.by),
        approve_time = approved.map(|approved| approved.time),
        releaser = released.map(|released| &released.by),
        release_time = released.map(|released| released.time),
        cancel_reason = batch.cancel_reason,
        version = batch.version,
        id = batch.id,
    );
    match updated.execute().await {
        Err(error) if error.is_check_violation() => Err(same_person(&error, &batch.id).map_or(error.into(), Into::into)),
        count => Ok(count.map(drop)?),
    }
}

/// The violation of a CHECK about two steps of one person.
fn same_person(error: &Error, id: &BatchId) -> Option<BatchViolation> {
    let checks = [
        ("batch_creator_approver", BatchViolation::CreatorIsApprover(id.clone())),
        ("batch_creator_releaser", BatchViolation::CreatorIsReleaser(id.clone())),
        ("batch_approver_releaser", BatchViolation::ApproverIsReleaser(id.clone())),
    ];
    let text = error.to_string();
    checks.into_iter().find(|(check, _)| text.contains(check)).map(|(_, violation)| violation)
}
