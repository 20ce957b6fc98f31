//! `CatalogueService.ListPriorities` gives a page of priorities, in order of id.

use db::Tx;
use proto::network::v1 as pb;
use server::Page;
use service::Error;
use time::Date;

use super::{Priority, PriorityId, store};

pub(crate) async fn list_priorities(
    tx: &mut Tx<'_>,
    day: Option<Date>,
    page: Page<PriorityId>,
) -> Result<pb::ListPrioritiesResponse, Error> {
    let rows = store::priority_page(tx, day, page.after(), page.limit()).await?;
    let (priorities, next_page_token) = page.cut(rows, |priority: &Priority| priority.id.clone(), |priority| (&priority).into());
    Ok(pb::ListPrioritiesResponse { priorities, next_page_token })
}
