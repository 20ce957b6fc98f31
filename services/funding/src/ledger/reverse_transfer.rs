//! `LedgerService.ReverseTransfer` posts the opposite of an allocation whose money is available, or of a payment, whose entitlement can then be paid again.

use proto::funding::v1 as pb;
use service::{Command, Error};

use super::{LedgerViolation, Posting, Transfer, TransferId, latest_day, post, store};
use crate::{
    budget::{self, BudgetId, BudgetViolation},
    entitlement::{
        self, Entitlement,
        commitment::{after_release, release_commitment},
    },
    participation::EvidenceStatus,
    review::reassess_lineage::reassess_relatives,
};

pub(crate) async fn reverse_transfer(
    cmd: &mut Command<'_, '_>,
    id: TransferId,
    reason: String,
) -> Result<pb::ReverseTransferResponse, Error> {
    let transfer = store::transfer_by_id(cmd.tx, &id).await?;
    transfer.check_reversible()?;
    let reversal = transfer.reversal(Posting::next(cmd), reason);
    // A UNIQUE constraint of the table decides among concurrent reversals.
    if !post(cmd, &reversal).await? {
        return Err(LedgerViolation::Reversed(id).into());
    }
    match &transfer.entitlement {
        None => reverse_allocation(cmd, &transfer).await?,
        Some(id) => {
            let paid = entitlement::store::find_entitlement_for_update(cmd.tx, id).await?;
            reverse_payment(cmd, paid.expect("the entitlement of a payment exists"), &reversal).await?;
        }
    }
    Ok(pb::ReverseTransferResponse { transfer: Some((&reversal).into()), ..Default::default() })
}

/// Moves the money of an allocation back to the grant, if it is still available.
async fn reverse_allocation(cmd: &mut Command<'_, '_>, allocation: &Transfer) -> Result<(), Error> {
    let account = store::account_by_id(cmd.tx, &allocation.credit, latest_day()).await?;
    let owner = account.hub.zip(account.financial_year);
    let (hub, financial_year) = owner.expect("the account of an allocation belongs to a hub and year");
    let id = BudgetId { hub, financial_year };
    if budget::store::budget_reverse_allocation(cmd.tx, &id, allocation.amount).await? {
        return Ok(());
    }
    Err(BudgetViolation::Exhausted(id).into())
}

/// Makes a paid entitlement payable again; its money is committed. If its evidence has lapsed, its money is
/// released at once; if evidence was withdrawn, it waits for evidence again.
async fn reverse_payment(cmd: &mut Command<'_, '_>, mut entitlement: Entitlement, reversal: &Transfer) -> Result<(), Error> {
    budget::store::budget_reverse_payment(cmd.tx, &entitlement.budget(), entitlement.terms.amount).await?;
    entitlement.reverse_payment(reversal.posting.id.clone());
    if entitlement.participation.has_lapsed() {
        release_commitment(cmd, &mut entitlement).await?;
        entitlement::store::entitlement_update(cmd.tx, &mut entitlement).await?;
        cmd.append(&entitlement, &pb::EntitlementReleased { entitlement: Some((&entitlement).into()) });
        after_release(cmd, &entitlement).await?;
    } else if entitlement.evidence_status() == EvidenceStatus::Proven {
        entitlement::store::entitlement_update(cmd.tx, &mut entitlement).await?;
        cmd.append(&entitlement, &pb::EntitlementBecamePayable { entitlement: Some((&entitlement).into()) });
    } else {
        entitlement.unprove();
        entitlement::store::entitlement_update(cmd.tx, &mut entitlement).await?;
        cmd.append(&entitlement, &pb::EntitlementProofWithdrawn { entitlement: Some((&entitlement).into()) });
        reassess_relatives(cmd, entitlement.participation.urn).await?;
    }
    Ok(())
}
