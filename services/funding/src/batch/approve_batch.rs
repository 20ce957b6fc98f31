//! `PaymentService.ApproveBatch` approves an open batch whose entitlements have no open question.

use proto::funding::v1 as pb;
use service::{Command, Error};

use super::{
    BatchRef,
    batch_ref::{batch_entitlements, signature},
    store,
};

pub(crate) async fn approve_batch(cmd: &mut Command<'_, '_>, batch: BatchRef) -> Result<pb::ApproveBatchResponse, Error> {
    let batch = batch.for_update(cmd).await?.approve(signature(cmd))?;
    batch_entitlements(cmd, &batch).await?;
    store::batch_update(cmd.tx, &batch).await?;
    cmd.append(&batch, &pb::BatchApproved { batch: Some((&batch).into()) });
    Ok(pb::ApproveBatchResponse { batch: Some((&batch).into()) })
}
