//! `ApprovalService.ListPendingChanges` gives a page of changes that wait for a second person.

use db::Tx;
use proto::approval::v1 as pb;
use server::Page;
use time::Instant;

use super::{ChangeId, PendingChange, Viewer, store::pending_change_page};
use crate::Error;

pub(super) async fn list_pending_changes(
    tx: &mut Tx<'_>,
    viewer: Viewer,
    page: Page<ChangeId>,
    now: Instant,
) -> Result<pb::ListPendingChangesResponse, Error> {
    let rows = pending_change_page(tx, &viewer.scope, page.after(), page.limit(), now).await?;
    let key = |change: &PendingChange| change.id.clone();
    let (pending_changes, next_page_token) = page.cut(rows, key, |change| (&change).into());
    Ok(pb::ListPendingChangesResponse { pending_changes, next_page_token })
}
