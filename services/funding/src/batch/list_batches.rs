//! `PaymentService.ListBatches` gives a page of batches in order of id.

use db::Tx;
use proto::funding::v1 as pb;
use server::Page;
use service::Error;

use super::{Batch, BatchId, BatchState, store};

/// `state` is `None` for all.
pub(super) async fn list_batches(
    tx: &mut Tx<'_>,
    state: Option<BatchState>,
    page: Page<BatchId>,
) -> Result<pb::ListBatchesResponse, Error> {
    let rows = store::batch_page(tx, state, page.after(), page.limit()).await?;
    let (batches, next_page_token) = page.cut(rows, |batch: &Batch| batch.id.clone(), |batch| (&batch).into());
    Ok(pb::ListBatchesResponse { batches, next_page_token })
}
