//! `LedgerService.ListTransfers` gives a page of transfers in the order in which they were posted.

use db::Tx;
use proto::funding::v1 as pb;
use server::Page;
use service::Error;
use time::Instant;

use super::{Transfer, TransferFilter, TransferId, store};

/// The end of a page.
pub(super) type TransferKey = (Instant, TransferId);

pub(super) async fn list_transfers(
    tx: &mut Tx<'_>,
    filter: TransferFilter,
    page: Page<TransferKey>,
) -> Result<pb::ListTransfersResponse, Error> {
    let rows = store::transfer_page(tx, &filter, page.after(), page.limit()).await?;
    let key = |transfer: &Transfer| (transfer.posting.time, transfer.posting.id.clone());
    let (transfers, next_page_token) = page.cut(rows, key, |transfer| (&transfer).into());
    Ok(pb::ListTransfersResponse { transfers, next_page_token })
}
