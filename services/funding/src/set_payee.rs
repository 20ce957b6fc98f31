//! Somebody says to whom an entitlement is paid.

use proto::funding::v1 as pb;
use server::Once;

use crate::{
    act::Desk,
    domain::{EntitlementId, Payee},
    error::Error,
    store, wire,
};

pub(crate) async fn set_payee(
    desk: &Desk,
    request: Once,
    id: EntitlementId,
    etag: String,
    payee: Payee,
) -> Result<pb::SetPayeeResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let found = store::entitlement::find_entitlement_held(act.tx, &id).await?;
            let mut entitlement = found.ok_or_else(|| Error::NotFound(id.to_string()))?;
            if etag != wire::etag(entitlement.version) {
                return Err(Error::Stale(id.to_string()));
            }
            entitlement.check_payee()?;
            entitlement.payee = payee;
            entitlement.version += 1;
            store::entitlement::entitlement_update(act.tx, &entitlement).await?;
            act.payee_set(&entitlement);
            Ok(pb::SetPayeeResponse { entitlement: Some((&entitlement).into()) })
        })
    })
    .await
}
