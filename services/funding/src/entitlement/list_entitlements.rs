//! `EntitlementService.ListEntitlements` gives a page of entitlements in order of id.

use db::Tx;
use proto::funding::v1 as pb;
use scope::ScopeKey;
use server::Page;
use service::Error;

use super::{Entitlement, EntitlementFilter, EntitlementId, store};

pub(super) async fn list_entitlements(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    filter: EntitlementFilter,
    page: Page<EntitlementId>,
) -> Result<pb::ListEntitlementsResponse, Error> {
    let rows = store::entitlement_page(tx, &scope, &filter, page.after(), page.limit()).await?;
    let key = |entitlement: &Entitlement| entitlement.id().clone();
    let (entitlements, next_page_token) = page.cut(rows, key, |entitlement| (&entitlement).into());
    Ok(pb::ListEntitlementsResponse { entitlements, next_page_token })
}
