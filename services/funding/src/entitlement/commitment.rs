//! Commitments: money of a budget that is reserved for an entitlement, in the order in which places were accepted.

use db::Error;
use proto::funding::v1 as pb;
use service::Command;

use super::{Entitlement, recognise::reinstate, store};
use crate::{
    budget::{self, BudgetId},
    claim,
    ledger::{self, Posting, Transfer},
    review::reassess_lineage::reassess_relatives,
};

/// Maximum number of entitlements that one transaction funds; the sweep funds the rest.
pub(crate) const FUNDED_MAX: usize = 500;
/// Maximum number of refused entitlements that one release reinstates. More than one is rare.
const REFUSED_MAX: i64 = 50;

/// Commits money to an unfunded entitlement, which is not written yet. False, and no change, when the budget lacks the money. With `in_turn` it also waits for
/// entitlements that are unfunded already.
pub(super) async fn commit(cmd: &mut Command<'_, '_>, entitlement: &mut Entitlement, in_turn: bool) -> Result<bool, Error> {
    if !budget::store::budget_commit(cmd.tx, &entitlement.budget(), entitlement.terms.amount, in_turn).await? {
        return Ok(false);
    }
    let transfer = Transfer::commitment(Posting::next(cmd), entitlement);
    let inserted = ledger::post(cmd, &transfer).await?;
    assert!(inserted, "a commitment settles nothing");
    entitlement.commit(transfer.posting.id);
    Ok(true)
}

/// Funds entitlements that wait for money of a budget, at most [`FUNDED_MAX`], and gives their number. It stops at the first that the budget cannot fund, so
/// that a smaller amount does not overtake a larger one.
pub(crate) async fn fund_waiting(cmd: &mut Command<'_, '_>, budget: BudgetId) -> Result<usize, Error> {
    let limit = i64::try_from(FUNDED_MAX).expect("a few hundred");
    let mut funded = 0;
    for mut entitlement in store::entitlement_list_unfunded(cmd.tx, &budget, limit).await? {
        if !commit(cmd, &mut entitlement, false).await? {
            break;
        }
        store::entitlement_update(cmd.tx, &mut entitlement).await?;
        cmd.append(&entitlement, &pb::EntitlementFunded { entitlement: Some((&entitlement).into()) });
        funded += 1;
    }
    Ok(funded)
}

/// Releases an entitlement, which is locked: its money becomes available, and its claims are deleted. It is not written yet.
pub(crate) async fn release_commitment(cmd: &mut Command<'_, '_>, entitlement: &mut Entitlement) -> Result<(), Error> {
    if let Some(commitment) = entitlement.release() {
        let transfer = Transfer::release(Posting::next(cmd), entitlement, commitment);
        let inserted = ledger::post(cmd, &transfer).await?;
        assert!(inserted, "the commitment of an entitlement is not settled");
        budget::store::budget_release(cmd.tx, &entitlement.budget(), entitlement.terms.amount).await?;
    }
    claim::store::claim_delete(cmd.tx, entitlement.id()).await
}

/// Passes on the claims and the money of a released entitlement: reinstates entitlements that were refused because of it, withdraws questions about it, and
/// funds entitlements that wait.
pub(crate) async fn after_release(cmd: &mut Command<'_, '_>, released: &Entitlement) -> Result<(), Error> {
    for refused in store::entitlement_list_refused(cmd.tx, released.id(), REFUSED_MAX).await? {
        reinstate(cmd, refused).await?;
    }
    reassess_relatives(cmd, released.participation.urn).await?;
    fund_waiting(cmd, released.budget()).await?;
    Ok(())
}
