//! Everything that can be paid is put into a batch.

use name::HubId;
use proto::funding::v1 as pb;
use service::Command;

use crate::{
    domain::{Batch, BatchId, BatchState, Payee, Pence},
    error::Error,
    events,
    reassess_lineage::reassess_lineage,
    store,
};

/// Entitlements of one batch.
const ENTITLEMENTS_MAX: i64 = 5_000;

/// `hub` is none for all hubs.
pub(crate) async fn create_batch(cmd: &mut Command<'_, '_>, hub: Option<HubId>) -> Result<pb::CreateBatchResponse, Error> {
    // What came to be asked in between is asked now, so that nothing is paid unasked.
    while reassess_lineage(cmd).await? {}
    let mut batch = Batch {
        id: BatchId::trusted(cmd.next_id()),
        hub,
        state: BatchState::Open,
        entitlements_count: 0,
        amount: Pence::trusted(0),
        created: (cmd.cause.actor.clone(), cmd.now()),
        approved: None,
        released: None,
        cancel_reason: None,
        version: 1,
    };
    store::batch::batch_insert(cmd.tx, &batch).await?;
    let hub = batch.hub.as_ref().map_or("", HubId::as_str);
    let amounts = store::entitlement::entitlement_gather(cmd.tx, &batch.id, hub, ENTITLEMENTS_MAX).await?;
    if amounts.is_empty() {
        return Err(Error::NothingPayable);
    }
    batch.entitlements_count = i64::try_from(amounts.len()).expect("a batch holds at most 5,000");
    batch.amount = Pence::trusted(amounts.into_iter().map(Pence::number).sum());
    store::batch::batch_fill(cmd.tx, &batch).await?;
    follow_payees(cmd, &batch).await?;
    events::batch_created(cmd, &batch);
    Ok(pb::CreateBatchResponse { batch: Some((&batch).into()) })
}

/// A school that has plainly become another is paid as that other, which whoever approves the batch sees in its lines. Where it has closed and that is not
/// plain, a person was asked before.
async fn follow_payees(cmd: &mut Command<'_, '_>, batch: &Batch) -> Result<(), Error> {
    let today = cmd.today();
    for (id, successor) in store::payee::payee_list_succeeded(cmd.tx, &batch.id, today).await? {
        let found = store::entitlement::find_entitlement_held(cmd.tx, &id).await?;
        let mut line = found.expect("it is in the batch");
        line.payee = Payee::school(successor);
        line.version += 1;
        store::entitlement::entitlement_update(cmd.tx, &line).await?;
        events::payee_set(cmd, &line);
    }
    Ok(())
}
