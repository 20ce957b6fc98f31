//! The batch that a request names, with its etag as the caller read it.

use service::{Command, Error, Resource};

use super::{Batch, BatchId, BatchViolation, Signature, store};
use crate::entitlement::{self, Entitlement};

/// The id of a batch, and its etag.
#[derive(Debug, Clone)]
pub(crate) struct BatchRef {
    pub(crate) id: BatchId,
    pub(crate) etag: String,
}

impl BatchRef {
    /// The batch, locked. Errors with NOT_FOUND, or ABORTED when it has changed since it was read.
    pub(super) async fn for_update(&self, cmd: &mut Command<'_, '_>) -> Result<Batch, Error> {
        let batch = store::batch_by_id_for_update(cmd.tx, &self.id).await?;
        batch.check_etag(&self.etag)?;
        Ok(batch)
    }
}

/// The signature of the caller.
pub(super) fn signature(cmd: &Command<'_, '_>) -> Signature {
    Signature { by: cmd.cause.actor.id.clone(), time: cmd.now() }
}

/// The entitlements of a batch, locked. Fails when one has an open question.
pub(super) async fn batch_entitlements(cmd: &mut Command<'_, '_>, batch: &Batch) -> Result<Vec<Entitlement>, Error> {
    let entitlements = entitlement::store::entitlement_list_of_batch(cmd.tx, &batch.id).await?;
    match entitlements.iter().filter(|entitlement| entitlement.review.is_some()).count() {
        0 => Ok(entitlements),
        count => Err(BatchViolation::InReview(count).into()),
    }
}
