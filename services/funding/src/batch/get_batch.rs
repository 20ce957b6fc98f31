//! `PaymentService.GetBatch` gives one batch.

use db::Tx;
use proto::funding::v1 as pb;
use service::Error;

use super::{BatchId, store};

pub(super) async fn get_batch(tx: &mut Tx<'_>, id: BatchId) -> Result<pb::GetBatchResponse, Error> {
    let batch = store::batch_by_id(tx, &id).await?;
    Ok(pb::GetBatchResponse { batch: Some((&batch).into()) })
}
