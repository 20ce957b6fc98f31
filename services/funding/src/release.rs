//! An entitlement ends without being paid: its money is free again, and so are the claims of its school.

use crate::{
    act::Act,
    arise::arise_again,
    domain::{AccountKind, Entitlement, EntitlementState, Settlement, TransferKind},
    fund::fund_waiting,
    look_again::look_at_kin,
    store,
};

/// Others that were refused because of one that is released, at most so many; there is hardly ever one.
const REFUSED_MAX: i64 = 50;

/// Gives back what an entitlement holds. It is held, and not written yet.
pub(crate) async fn give_back(act: &mut Act<'_, '_>, entitlement: &mut Entitlement) -> Result<(), db::Error> {
    if let Some(held) = entitlement.transfer.take() {
        let way = (TransferKind::Release, AccountKind::Committed, AccountKind::Free);
        let transfer = act.transfer(entitlement, way, Settlement::Settles(held));
        let inserted = store::transfer::transfer_insert(act.tx, &transfer).await?;
        assert!(inserted, "what an entitlement holds is not settled");
        let (hub, year) = (&entitlement.participation.hub, entitlement.financial_year());
        store::budget::budget_release(act.tx, hub, year, entitlement.amount).await?;
    }
    store::claim::claim_release(act.tx, entitlement.id()).await?;
    entitlement.state = EntitlementState::Released;
    entitlement.review = None;
    Ok(())
}

/// What follows when an entitlement was released: one that was refused because of it arises, nobody needs to answer how it goes with it, and those that wait
/// for money get what is free.
pub(crate) async fn after_release(act: &mut Act<'_, '_>, released: &Entitlement) -> Result<(), db::Error> {
    for refused in store::entitlement::entitlement_list_refused_by(act.tx, released.id(), REFUSED_MAX).await? {
        arise_again(act, refused).await?;
    }
    look_at_kin(act, released.participation.urn).await?;
    fund_waiting(act, &released.participation.hub, released.financial_year()).await?;
    Ok(())
}
