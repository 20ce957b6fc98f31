//! `RegisterService.ListPendingLinks` gives a page of the links that wait for a second identity.

use db::Tx;
use proto::network::v1 as pb;
use server::Page;
use service::{Error, Resource};

use super::{PendingLink, store};
use crate::register::{self, RegisterViolation};

/// The end of a page: the version of the register, and the predecessor and successor of the last link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PendingLinkKey {
    register_version: i64,
    pair: (i64, i64),
}

impl PendingLinkKey {
    pub(crate) fn parse(key: &str) -> Result<Self, &'static str> {
        let numbers: Option<Vec<i64>> = key.split('/').map(|number| number.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[register_version, predecessor, successor]) => Ok(Self { register_version, pair: (predecessor, successor) }),
            _ => Err("is not a token of this list; begin again without it"),
        }
    }
}

/// `after` is the end of the page before.
pub(crate) async fn list_pending_links(
    tx: &mut Tx<'_>,
    page: Page,
    after: Option<PendingLinkKey>,
) -> Result<pb::ListPendingLinksResponse, Error> {
    // The register is read before its links: if it changes in between, its etag is stale, and confirms none of these links.
    let register = register::store::register_current(tx).await?;
    if after.is_some_and(|after| after.register_version != register.version) {
        return Err(RegisterViolation::Changed.into());
    }
    let links = store::pending_link_page(tx, after.map_or((0, 0), |after| after.pair), page.limit()).await?;
    let key = |link: &PendingLink| format!("{}/{}/{}", register.version, link.predecessor.number(), link.successor.number());
    let (pending_links, next_page_token) = page.cut(links, key, |link| (&link).into());
    Ok(pb::ListPendingLinksResponse { pending_links, next_page_token, register_etag: register.etag() })
}
