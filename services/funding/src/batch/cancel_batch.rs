//! A batch is given up, and its lines can be paid in another.

use proto::funding::v1 as pb;
use service::Command;

use crate::{batch_ref::BatchRef, error::Error, events, store};

pub(crate) async fn cancel_batch(
    cmd: &mut Command<'_, '_>,
    batch: BatchRef,
    reason: String,
) -> Result<pb::CancelBatchResponse, Error> {
    let next = batch.lock(cmd).await?.cancel(reason)?;
    store::entitlement::entitlement_scatter(cmd.tx, &next.id).await?;
    store::batch::batch_update(cmd.tx, &next).await?;
    events::batch_cancelled(cmd, &next);
    Ok(pb::CancelBatchResponse { batch: Some((&next).into()) })
}
