//! A batch is approved.

use proto::funding::v1 as pb;
use service::Command;

use crate::{
    batch_ref::{BatchRef, lines},
    error::Error,
    events, store,
};

pub(crate) async fn approve_batch(cmd: &mut Command<'_, '_>, batch: BatchRef) -> Result<pb::ApproveBatchResponse, Error> {
    let next = batch.lock(cmd).await?.approve(cmd.cause.actor.clone(), cmd.now())?;
    lines(cmd, &next).await?;
    store::batch::batch_update(cmd.tx, &next).await?;
    events::batch_approved(cmd, &next);
    Ok(pb::ApproveBatchResponse { batch: Some((&next).into()) })
}
