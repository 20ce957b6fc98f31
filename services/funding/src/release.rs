//! An entitlement ends without being paid: its money is free again, and so are the claims of its school.

use service::Command;

use crate::{
    arise::arise_again,
    domain::{AccountKind, Entitlement, EntitlementState, Settlement, TransferKind},
    entitlement_transfer::entitlement_transfer,
    fund::fund_waiting,
    reassess_lineage::reassess_relatives,
    store,
};

/// Others that were refused because of one that is released, at most so many; there is hardly ever one.
const REFUSED_MAX: i64 = 50;

/// Gives back what an entitlement holds. It is held, and not written yet.
pub(crate) async fn give_back(cmd: &mut Command<'_, '_>, entitlement: &mut Entitlement) -> Result<(), db::Error> {
    if let Some(held) = entitlement.transfer.take() {
        let way = (TransferKind::Release, AccountKind::Committed, AccountKind::Free);
        let transfer = entitlement_transfer(cmd, entitlement, way, Settlement::Settles(held));
        let inserted = store::transfer::transfer_insert(cmd.tx, &transfer).await?;
        assert!(inserted, "what an entitlement holds is not settled");
        let (hub, year) = (&entitlement.participation.hub, entitlement.financial_year());
        store::budget::budget_release(cmd.tx, hub, year, entitlement.amount).await?;
    }
    store::claim::claim_release(cmd.tx, entitlement.id()).await?;
    entitlement.state = EntitlementState::Released;
    entitlement.review = None;
    Ok(())
}

/// What follows when an entitlement was released: one that was refused because of it arises, nobody needs to answer how it goes with it, and those that wait
/// for money get what is free.
pub(crate) async fn after_release(cmd: &mut Command<'_, '_>, released: &Entitlement) -> Result<(), db::Error> {
    for refused in store::entitlement::entitlement_list_refused_by(cmd.tx, released.id(), REFUSED_MAX).await? {
        arise_again(cmd, refused).await?;
    }
    reassess_relatives(cmd, released.participation.urn).await?;
    fund_waiting(cmd, &released.participation.hub, released.financial_year()).await?;
    Ok(())
}
