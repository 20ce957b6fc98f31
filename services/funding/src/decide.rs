//! A person decides about an entitlement that waits for that.

use proto::funding::v1 as pb;
use server::Once;

use crate::{
    act::Desk,
    domain::{EntitlementId, Outcome},
    error::Error,
    release::{after_release, give_back},
    store, wire,
};

/// What is decided, and why.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) id: EntitlementId,
    pub(crate) etag: String,
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
}

pub(crate) async fn decide(desk: &Desk, request: Once, asked: Decision) -> Result<pb::DecideEntitlementResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let found = store::entitlement::find_entitlement_held(act.tx, &asked.id).await?;
            let mut entitlement = found.ok_or_else(|| Error::NotFound(asked.id.to_string()))?;
            if asked.etag != wire::etag(entitlement.version) {
                return Err(Error::Stale(asked.id.to_string()));
            }
            entitlement.check_decision(asked.outcome)?;
            entitlement.review = None;
            if asked.outcome == Outcome::Release {
                give_back(&mut act, &mut entitlement).await?;
                entitlement.is_released_for_good = true;
            }
            entitlement.version += 1;
            store::entitlement::entitlement_update(act.tx, &entitlement).await?;
            act.entitlement_decided(&entitlement, asked.outcome, &asked.reason);
            if asked.outcome == Outcome::Release {
                after_release(&mut act, &entitlement).await?;
            }
            Ok(pb::DecideEntitlementResponse { entitlement: Some((&entitlement).into()) })
        })
    })
    .await
}
