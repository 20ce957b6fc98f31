//! A batch is paid, by another person than the one who approved it: each step is one statement, however many lines there are.

use proto::funding::v1 as pb;
use service::Command;

use crate::{
    batch_ref::{BatchRef, lines},
    domain::{Entitlement, EntitlementState, TransferId},
    error::Error,
    events, store,
};

pub(crate) async fn release_batch(cmd: &mut Command<'_, '_>, batch: BatchRef) -> Result<pb::ReleaseBatchResponse, Error> {
    let next = batch.lock(cmd).await?.release(cmd.cause.actor.clone(), cmd.now())?;
    // No check of ours stands before the table's: it is what sees to it.
    if !store::batch::batch_update(cmd.tx, &next).await? {
        return Err(Error::ApproverIsReleaser(next.id.to_string()));
    }
    let lines = lines(cmd, &next).await?;
    let posted = store::transfer::transfer_insert_batch(cmd.tx, &next.id, cmd.cause).await?;
    assert_eq!(usize::try_from(posted), Ok(lines.len()), "what is in a batch and waits for nobody can be paid");
    store::entitlement::entitlement_pay(cmd.tx, &next.id).await?;
    store::budget::budget_spend(cmd.tx, &next.id).await?;
    for line in lines {
        let transfer = TransferId::trusted(format!("{}-{}", next.id.as_str(), line.id().as_str()));
        let (state, version) = (EntitlementState::Paid, line.version + 1);
        events::entitlement_paid(cmd, &Entitlement { state, version, transfer: Some(transfer.clone()), ..line }, &transfer);
    }
    events::batch_released(cmd, &next);
    Ok(pb::ReleaseBatchResponse { batch: Some((&next).into()) })
}
