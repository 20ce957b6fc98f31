//! `ReachService.ListReachPublications` gives a page of publications, newest first.

use db::Tx;
use proto::network::v1 as pb;
use server::Page;
use service::Error;

use super::{Publication, store};

/// The key is the number of a publication.
pub(super) async fn list_reach_publications(
    tx: &mut Tx<'_>,
    page: Page<i64>,
) -> Result<pb::ListReachPublicationsResponse, Error> {
    let rows = store::publication_page(tx, page.after().copied().unwrap_or(i64::MAX), page.limit()).await?;
    let key = |(number, _): &(i64, Publication)| *number;
    let (reach_publications, next_page_token) = page.cut(rows, key, |(_, publication)| (&publication).into());
    Ok(pb::ListReachPublicationsResponse { reach_publications, next_page_token })
}
