//! `LedgerService.ListTransfers` gives a page of transfers in the order in which they were posted.

use db::Tx;
use proto::funding::v1 as pb;
use server::Page;
use service::Error;
use time::Instant;

use super::{Transfer, TransferFilter, store};

pub(super) async fn list_transfers(
    tx: &mut Tx<'_>,
    filter: TransferFilter,
    page: Page,
) -> Result<pb::ListTransfersResponse, Error> {
    // The key is a time in microseconds, a space and an id.
    let (time, id) = page.after().split_once(' ').unwrap_or_default();
    let after = (Instant::from_micros(time.parse().unwrap_or(i64::MIN)), id);
    let rows = store::transfer_page(tx, &filter, after, page.limit()).await?;
    let key = |transfer: &Transfer| format!("{} {}", transfer.posting.time.micros(), transfer.posting.id.as_str());
    let (transfers, next_page_token) = page.cut(rows, key, |transfer| (&transfer).into());
    Ok(pb::ListTransfersResponse { transfers, next_page_token })
}
