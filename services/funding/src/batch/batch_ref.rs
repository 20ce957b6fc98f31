//! The batch that a request names, as its caller read it.

use service::Command;

use crate::{
    domain::{Batch, BatchId, Entitlement},
    error::Error,
    store, wire,
};

/// A batch's name and the etag that was read.
#[derive(Debug, Clone)]
pub(crate) struct BatchRef {
    pub(crate) id: BatchId,
    pub(crate) etag: String,
}

impl BatchRef {
    /// Locked until the end of the transaction. Errors when it is not as it was read.
    pub(crate) async fn lock(&self, cmd: &mut Command<'_, '_>) -> Result<Batch, Error> {
        let found = store::batch::find_batch_held(cmd.tx, &self.id).await?;
        let batch = found.ok_or_else(|| Error::NotFound(self.id.to_string()))?;
        if self.etag == wire::etag(batch.version) { Ok(batch) } else { Err(Error::Stale(self.id.to_string())) }
    }
}

/// The lines of a batch, none of which waits for a person's decision.
pub(crate) async fn lines(cmd: &mut Command<'_, '_>, batch: &Batch) -> Result<Vec<Entitlement>, Error> {
    let lines = store::entitlement::entitlement_list_of_batch(cmd.tx, &batch.id).await?;
    let flagged = lines.iter().filter(|line| line.review.is_some()).count();
    if flagged == 0 { Ok(lines) } else { Err(Error::BatchInReview(flagged)) }
}
