//! `EntitlementService.GetEntitlement` gives one entitlement.

use db::Tx;
use proto::funding::v1 as pb;
use scope::ScopeKey;
use service::Error;

use super::{EntitlementId, store};

pub(super) async fn get_entitlement(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    id: EntitlementId,
) -> Result<pb::GetEntitlementResponse, Error> {
    let entitlement = store::entitlement_by_id(tx, &scope, &id).await?;
    Ok(pb::GetEntitlementResponse { entitlement: Some((&entitlement).into()) })
}
