//! Everything that can be paid is put into a batch.

use name::HubId;
use proto::funding::v1 as pb;
use server::Once;

use crate::{
    act::{Act, Desk},
    domain::{Batch, BatchId, BatchState, Payee, Pence},
    error::Error,
    look_again::look_again,
    store,
};

/// Entitlements of one batch.
const ENTITLEMENTS_MAX: i64 = 5_000;

/// `hub` is none for all hubs.
pub(crate) async fn create_batch(
    desk: &Desk,
    request: Once,
    hub: Option<HubId>,
    validate_only: bool,
) -> Result<pb::CreateBatchResponse, Error> {
    if !validate_only {
        // In transactions of their own, so that what is asked stays asked when nothing is left to be paid.
        while desk.by_itself(|mut act| Box::pin(async move { look_again(&mut act).await })).await? {}
    }
    desk.once_or_foretell(request, validate_only, move |mut act| {
        Box::pin(async move {
            let batch = make(&mut act, hub).await?;
            Ok(pb::CreateBatchResponse { batch: Some((&batch).into()) })
        })
    })
    .await
}

async fn make(act: &mut Act<'_, '_>, hub: Option<HubId>) -> Result<Batch, Error> {
    // What came to be asked in between is asked now, so that nothing is paid unasked.
    while look_again(act).await? {}
    let mut batch = Batch {
        id: BatchId::trusted(act.next_id()),
        hub,
        state: BatchState::Open,
        entitlements_count: 0,
        amount: Pence::trusted(0),
        created: (act.cause.actor.clone(), act.now()),
        approved: None,
        released: None,
        cancel_reason: None,
        version: 1,
    };
    store::batch::batch_insert(act.tx, &batch).await?;
    let hub = batch.hub.as_ref().map_or("", HubId::as_str);
    let amounts = store::entitlement::entitlement_gather(act.tx, &batch.id, hub, ENTITLEMENTS_MAX).await?;
    if amounts.is_empty() {
        return Err(Error::NothingPayable);
    }
    batch.entitlements_count = i64::try_from(amounts.len()).expect("a batch holds at most 5,000");
    batch.amount = Pence::trusted(amounts.into_iter().map(Pence::number).sum());
    store::batch::batch_fill(act.tx, &batch).await?;
    follow_payees(act, &batch).await?;
    act.batch_created(&batch);
    Ok(batch)
}

/// A school that has plainly become another is paid as that other, which whoever approves the batch sees in its lines. Where it has closed and that is not
/// plain, a person was asked before.
async fn follow_payees(act: &mut Act<'_, '_>, batch: &Batch) -> Result<(), Error> {
    let today = act.today();
    for (id, successor) in store::payee::payee_list_succeeded(act.tx, &batch.id, today).await? {
        let found = store::entitlement::find_entitlement_held(act.tx, &id).await?;
        let mut line = found.expect("it is in the batch");
        line.payee = Payee::school(successor);
        line.version += 1;
        store::entitlement::entitlement_update(act.tx, &line).await?;
        act.payee_set(&line);
    }
    Ok(())
}
