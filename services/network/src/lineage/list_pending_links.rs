//! `RegisterService.ListPendingLinks` gives a page of the links that wait for a second identity.

use db::Tx;
use name::Urn;
use proto::network::v1 as pb;
use server::Page;
use service::{Error, Resource};

use super::{PendingLink, store};
use crate::register::{self, RegisterViolation};

/// The end of a page: the version of the register, and the predecessor and successor of the last link.
type PendingLinkKey = (i64, Urn, Urn);

pub(crate) async fn list_pending_links(
    tx: &mut Tx<'_>,
    page: Page<PendingLinkKey>,
) -> Result<pb::ListPendingLinksResponse, Error> {
    // The register is read before its links: if it changes in between, its etag is stale, and confirms none of these links.
    let register = register::store::register_current(tx).await?;
    if page.after().is_some_and(|(register_version, _, _)| *register_version != register.version) {
        return Err(RegisterViolation::Changed.into());
    }
    let after = page.after().map_or((0, 0), |(_, predecessor, successor)| (predecessor.number(), successor.number()));
    let links = store::pending_link_page(tx, after, page.limit()).await?;
    let key = |link: &PendingLink| (register.version, link.predecessor, link.successor);
    let (pending_links, next_page_token) = page.cut(links, key, |link| (&link).into());
    Ok(pb::ListPendingLinksResponse { pending_links, next_page_token, register_etag: register.etag() })
}
