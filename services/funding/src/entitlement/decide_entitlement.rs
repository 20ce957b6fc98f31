//! `EntitlementService.DecideEntitlement` records a person's decision: the entitlement is kept, which answers its open question, or it ends.

use proto::funding::v1 as pb;
use service::{Command, Error};

use super::{
    DecisionOutcome, EntitlementRef,
    commitment::{after_release, release_commitment},
    store,
};
use crate::review::{self, reassess_lineage::reassess_relatives};

/// A decision and its reason.
#[derive(Debug, Clone)]
pub(super) struct Decision {
    pub(super) entitlement: EntitlementRef,
    pub(super) outcome: DecisionOutcome,
    pub(super) reason: String,
}

pub(super) async fn decide_entitlement(
    cmd: &mut Command<'_, '_>,
    decision: Decision,
) -> Result<pb::DecideEntitlementResponse, Error> {
    let Decision { entitlement: entitlement_ref, outcome, reason } = decision;
    let mut entitlement = entitlement_ref.for_update(cmd).await?;
    entitlement.check_decision(outcome)?;
    let question = entitlement.question();
    entitlement.review = None;
    entitlement.decision_reason = Some(reason);
    if outcome == DecisionOutcome::Release {
        release_commitment(cmd, &mut entitlement).await?;
        entitlement.is_released_for_good = true;
    }
    store::entitlement_update(cmd.tx, &mut entitlement).await?;
    let event =
        pb::EntitlementDecided { entitlement: Some((&entitlement).into()), outcome: pb::DecisionOutcome::from(outcome).into() };
    cmd.append(&entitlement, &event);
    match question {
        Some(question) if outcome == DecisionOutcome::Keep => {
            review::store::answer_insert(cmd.tx, &question).await?;
            // Another question may be due.
            reassess_relatives(cmd, entitlement.participation.urn).await?;
        }
        _ => after_release(cmd, &entitlement).await?,
    }
    let entitlement = store::entitlement_by_id_for_update(cmd.tx, entitlement.id()).await?;
    Ok(pb::DecideEntitlementResponse { entitlement: Some((&entitlement).into()) })
}
