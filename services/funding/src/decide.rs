//! A person decides about an entitlement: that it is kept, if that is asked, or that it ends.

use proto::funding::v1 as pb;
use server::Once;

use crate::{
    act::Desk,
    domain::{EntitlementId, Outcome},
    error::Error,
    look_again::look_at_kin,
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
    pub(crate) validate_only: bool,
}

pub(crate) async fn decide(desk: &Desk, request: Once, asked: Decision) -> Result<pb::DecideEntitlementResponse, Error> {
    desk.once_or_foretell(request, asked.validate_only, move |mut act| {
        Box::pin(async move {
            let found = store::entitlement::find_entitlement_held(act.tx, &asked.id).await?;
            let mut entitlement = found.ok_or_else(|| Error::NotFound(asked.id.to_string()))?;
            if asked.etag != wire::etag(entitlement.version) {
                return Err(Error::Stale(asked.id.to_string()));
            }
            entitlement.check_decision(asked.outcome)?;
            let question = entitlement.question();
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
            } else {
                store::review::answer_insert(act.tx, &question.expect("only what is asked is kept")).await?;
                // It may be asked about something else at once.
                look_at_kin(&mut act, entitlement.participation.urn).await?;
            }
            let stands = store::entitlement::find_entitlement_held(act.tx, &asked.id).await?;
            Ok(pb::DecideEntitlementResponse { entitlement: stands.as_ref().map(Into::into) })
        })
    })
    .await
}
