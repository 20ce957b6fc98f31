//! A person decides about an entitlement: that it is kept, if that is asked, or that it ends.

use proto::funding::v1 as pb;
use service::Command;

use crate::{
    domain::{EntitlementId, Outcome},
    error::Error,
    events,
    reassess_lineage::reassess_relatives,
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

pub(crate) async fn decide_entitlement(
    cmd: &mut Command<'_, '_>,
    asked: Decision,
) -> Result<pb::DecideEntitlementResponse, Error> {
    let found = store::entitlement::find_entitlement_held(cmd.tx, &asked.id).await?;
    let mut entitlement = found.ok_or_else(|| Error::NotFound(asked.id.to_string()))?;
    if asked.etag != wire::etag(entitlement.version) {
        return Err(Error::Stale(asked.id.to_string()));
    }
    entitlement.check_decision(asked.outcome)?;
    let question = entitlement.question();
    entitlement.review = None;
    if asked.outcome == Outcome::Release {
        give_back(cmd, &mut entitlement).await?;
        entitlement.is_released_for_good = true;
    }
    entitlement.version += 1;
    store::entitlement::entitlement_update(cmd.tx, &entitlement).await?;
    events::entitlement_decided(cmd, &entitlement, asked.outcome, &asked.reason);
    if asked.outcome == Outcome::Release {
        after_release(cmd, &entitlement).await?;
    } else {
        store::review::answer_insert(cmd.tx, &question.expect("only what is asked is kept")).await?;
        // It may be asked about something else at once.
        reassess_relatives(cmd, entitlement.participation.urn).await?;
    }
    let stands = store::entitlement::find_entitlement_held(cmd.tx, &asked.id).await?;
    Ok(pb::DecideEntitlementResponse { entitlement: stands.as_ref().map(Into::into) })
}
