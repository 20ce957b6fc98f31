//! Evidence: changed facts of a participation change its entitlement.

use db::Error;
use proto::funding::v1 as pb;
use service::Command;

use super::{
    EvidenceEffect,
    commitment::{after_release, release_commitment},
    recognise::{recognise, reinstate},
    store,
};
use crate::{
    participation::{self, Participation},
    review::{self, Review, reassess_lineage::reassess_relatives},
};

/// Writes the facts of a participation, which is locked, and applies their effect to its entitlement. `before` is the participation with the facts before.
pub(crate) async fn apply_evidence(
    cmd: &mut Command<'_, '_>,
    before: &Participation,
    participation: Participation,
) -> Result<(), Error> {
    participation::store::participation_update(cmd.tx, &participation).await?;
    let Some(mut entitlement) = store::find_entitlement_for_update(cmd.tx, &participation.id).await? else {
        return recognise(cmd, participation).await;
    };
    match entitlement.evidence_effect(before) {
        // The facts may have made the open question obsolete.
        EvidenceEffect::None if entitlement.review.is_some() => {
            reassess_relatives(cmd, entitlement.participation.urn).await?;
        }
        EvidenceEffect::None => {}
        EvidenceEffect::Reinstate => reinstate(cmd, entitlement).await?,
        EvidenceEffect::Prove => {
            entitlement.prove();
            store::entitlement_update(cmd.tx, &mut entitlement).await?;
            cmd.append(&entitlement, &pb::EntitlementBecamePayable { entitlement: Some((&entitlement).into()) });
        }
        EvidenceEffect::Unprove => {
            entitlement.unprove();
            store::entitlement_update(cmd.tx, &mut entitlement).await?;
            cmd.append(&entitlement, &pb::EntitlementProofWithdrawn { entitlement: Some((&entitlement).into()) });
        }
        EvidenceEffect::Release => {
            release_commitment(cmd, &mut entitlement).await?;
            store::entitlement_update(cmd.tx, &mut entitlement).await?;
            cmd.append(&entitlement, &pb::EntitlementReleased { entitlement: Some((&entitlement).into()) });
            after_release(cmd, &entitlement).await?;
        }
        EvidenceEffect::Review => {
            review::store::answer_delete(cmd.tx, entitlement.id(), Review::Lapsed).await?;
            reassess_relatives(cmd, entitlement.participation.urn).await?;
        }
    }
    Ok(())
}
