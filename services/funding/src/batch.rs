//! What is done with a batch that is there: one approves it, another releases it, or it is given up.

use proto::funding::v1 as pb;
use server::Once;

use crate::{
    act::{Act, Desk},
    domain::{Batch, BatchId, Entitlement, EntitlementState, TransferId},
    error::Error,
    store, wire,
};

/// Which batch, as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) id: BatchId,
    pub(crate) etag: String,
}

impl Target {
    async fn hold(&self, act: &mut Act<'_, '_>) -> Result<Batch, Error> {
        let found = store::batch::find_batch_held(act.tx, &self.id).await?;
        let batch = found.ok_or_else(|| Error::NotFound(self.id.to_string()))?;
        if self.etag == wire::etag(batch.version) { Ok(batch) } else { Err(Error::Stale(self.id.to_string())) }
    }
}

/// The lines of a batch, none of which waits for a person's decision.
async fn lines(act: &mut Act<'_, '_>, batch: &Batch) -> Result<Vec<Entitlement>, Error> {
    let lines = store::entitlement::entitlement_list_of_batch(act.tx, &batch.id).await?;
    let flagged = lines.iter().filter(|line| line.review.is_some()).count();
    if flagged == 0 { Ok(lines) } else { Err(Error::BatchInReview(flagged)) }
}

/// Somebody says that it is right.
pub(crate) async fn approve_batch(
    desk: &Desk,
    request: Once,
    target: Target,
    validate_only: bool,
) -> Result<pb::ApproveBatchResponse, Error> {
    desk.once_or_foretell(request, validate_only, move |mut act| {
        Box::pin(async move {
            let next = target.hold(&mut act).await?.approve(act.cause.actor.clone(), act.now())?;
            lines(&mut act, &next).await?;
            store::batch::batch_update(act.tx, &next).await?;
            act.batch_approved(&next);
            Ok(pb::ApproveBatchResponse { batch: Some((&next).into()) })
        })
    })
    .await
}

/// Somebody else pays it: each step is one statement, however many lines there are.
pub(crate) async fn release_batch(
    desk: &Desk,
    request: Once,
    target: Target,
    validate_only: bool,
) -> Result<pb::ReleaseBatchResponse, Error> {
    desk.once_or_foretell(request, validate_only, move |mut act| {
        Box::pin(async move {
            let next = target.hold(&mut act).await?.release(act.cause.actor.clone(), act.now())?;
            // No check of ours stands before the table's: it is what sees to it.
            if !store::batch::batch_update(act.tx, &next).await? {
                return Err(Error::ApproverIsReleaser(next.id.to_string()));
            }
            let lines = lines(&mut act, &next).await?;
            let posted = store::transfer::transfer_insert_batch(act.tx, &next.id, act.cause).await?;
            assert_eq!(usize::try_from(posted), Ok(lines.len()), "what is in a batch and waits for nobody can be paid");
            store::entitlement::entitlement_pay(act.tx, &next.id).await?;
            store::budget::budget_spend(act.tx, &next.id).await?;
            for line in lines {
                let transfer = TransferId::trusted(format!("{}-{}", next.id.as_str(), line.id().as_str()));
                let (state, version) = (EntitlementState::Paid, line.version + 1);
                act.entitlement_paid(&Entitlement { state, version, transfer: Some(transfer.clone()), ..line }, &transfer);
            }
            act.batch_released(&next);
            Ok(pb::ReleaseBatchResponse { batch: Some((&next).into()) })
        })
    })
    .await
}

/// It is given up, and its lines can be paid in another.
pub(crate) async fn cancel_batch(
    desk: &Desk,
    request: Once,
    target: Target,
    reason: String,
) -> Result<pb::CancelBatchResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let next = target.hold(&mut act).await?.cancel(reason)?;
            store::entitlement::entitlement_scatter(act.tx, &next.id).await?;
            store::batch::batch_update(act.tx, &next).await?;
            act.batch_cancelled(&next);
            Ok(pb::CancelBatchResponse { batch: Some((&next).into()) })
        })
    })
    .await
}
