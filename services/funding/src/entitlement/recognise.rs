//! Recognition: a participation becomes an entitlement if a policy covers it and no other entitlement of the lineage has the claim. An imported participation
//! becomes none; one whose subsidy was paid has the claim.

use db::Error;
use proto::funding::v1 as pb;
use service::Command;

use super::{Entitlement, EntitlementBasis, EntitlementState, commitment::commit, store};
use crate::{
    claim,
    participation::{self, Participation},
    policy::PolicyKind,
    review::reassess_lineage::reassess_relatives,
};

/// Recognises the entitlement of a participation. Does nothing when no policy covers it, or its evidence has lapsed: a later policy or late evidence can change
/// that.
pub(crate) async fn recognise(cmd: &mut Command<'_, '_>, participation: Participation) -> Result<(), Error> {
    if participation.has_lapsed() || participation.is_imported {
        return Ok(());
    }
    let (lineage_day, today) = (participation.accepted.happened.date(), cmd.today());
    let basis = store::entitlement_basis(cmd.tx, &participation, lineage_day, today).await?;
    let Some(terms) = basis.terms.clone() else { return Ok(()) };
    let mut entitlement = Entitlement::new(participation, terms, cmd.now());
    claim_and_commit(cmd, &mut entitlement, &basis).await?;
    store::entitlement_insert(cmd.tx, &entitlement).await?;
    conclude(cmd, &entitlement, &basis).await
}

/// Claims the lineage of an imported participation whose subsidy was paid, as of today. A person reviews the entitlements that the lineage has already.
pub(crate) async fn claim_paid(cmd: &mut Command<'_, '_>, imported: &Participation) -> Result<(), Error> {
    let today = cmd.today();
    let basis = store::entitlement_basis(cmd.tx, imported, today, today).await?;
    claim::store::claim_insert_free(cmd.tx, PolicyKind::ReleaseSubsidy, &imported.id, &basis.urns).await?;
    if basis.has_relatives {
        reassess_relatives(cmd, imported.urn).await?;
    }
    Ok(())
}

/// Reinstates an entitlement that was released or refused, and is locked, by the lineage of today. Its policy and amount stay.
pub(super) async fn reinstate(cmd: &mut Command<'_, '_>, mut entitlement: Entitlement) -> Result<(), Error> {
    let today = cmd.today();
    let basis = store::entitlement_basis(cmd.tx, &entitlement.participation, today, today).await?;
    let before = (entitlement.state, entitlement.conflicting.clone());
    entitlement.reinstate();
    claim_and_commit(cmd, &mut entitlement, &basis).await?;
    if entitlement.state == EntitlementState::Refused && before == (entitlement.state, entitlement.conflicting.clone()) {
        return Ok(());
    }
    store::entitlement_update(cmd.tx, &mut entitlement).await?;
    conclude(cmd, &entitlement, &basis).await
}

async fn claim_and_commit(
    cmd: &mut Command<'_, '_>,
    entitlement: &mut Entitlement,
    basis: &EntitlementBasis,
) -> Result<(), Error> {
    let kind = PolicyKind::ReleaseSubsidy;
    if let Some(other) = claim::store::claim_insert(cmd.tx, kind, entitlement.id(), &basis.urns).await? {
        entitlement.refuse(other);
    } else {
        commit(cmd, entitlement, true).await?;
    }
    Ok(())
}

/// Appends the event. A claim covers the lineage of one day; questions about other relatives are raised before anything can be paid.
async fn conclude(cmd: &mut Command<'_, '_>, entitlement: &Entitlement, basis: &EntitlementBasis) -> Result<(), Error> {
    if entitlement.state == EntitlementState::Refused {
        cmd.append(entitlement, &pb::EntitlementRefused { entitlement: Some(entitlement.into()) });
        return Ok(());
    }
    cmd.append(entitlement, &pb::EntitlementArose { entitlement: Some(entitlement.into()) });
    if basis.has_relatives {
        reassess_relatives(cmd, entitlement.participation.urn).await?;
    }
    Ok(())
}

/// Recognises entitlements of participations that a policy covers and that have none, at most `limit`. Gives the number of participations.
pub(crate) async fn recognise_missing(cmd: &mut Command<'_, '_>, limit: i64) -> Result<usize, Error> {
    let participations = participation::store::participation_list_without_entitlement(cmd.tx, limit).await?;
    let count = participations.len();
    for participation in participations {
        // A transaction that held the lock before may have recognised it.
        if store::find_entitlement_for_update(cmd.tx, &participation.id).await?.is_none() {
            recognise(cmd, participation).await?;
        }
    }
    Ok(count)
}
