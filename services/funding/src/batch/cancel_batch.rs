//! `PaymentService.CancelBatch` cancels a batch; its entitlements can be paid in another.

use proto::funding::v1 as pb;
use service::{Command, Error};

use super::{BatchRef, store};
use crate::entitlement;

pub(super) async fn cancel_batch(
    cmd: &mut Command<'_, '_>,
    batch: BatchRef,
    reason: String,
) -> Result<pb::CancelBatchResponse, Error> {
    let batch = batch.for_update(cmd).await?.cancel(reason)?;
    entitlement::store::entitlement_clear_batch(cmd.tx, &batch.id).await?;
    store::batch_update(cmd.tx, &batch).await?;
    cmd.append(&batch, &pb::BatchCancelled { batch: Some((&batch).into()) });
    Ok(pb::CancelBatchResponse { batch: Some((&batch).into()) })
}
