//! Entitlements get the money of their hub's budget, in the order in which their places were accepted.

use name::HubId;
use time::FinancialYear;

use service::Command;

use crate::{
    domain::{AccountKind, Entitlement, EntitlementState, Settlement, TransferKind},
    entitlement_transfer::entitlement_transfer,
    events, store,
};

/// Entitlements that one transaction funds; the rest wait for the next.
pub(crate) const FUNDED_MAX: usize = 500;

/// Has an entitlement hold money if its budget has enough, and says whether it did; else it is unfunded, which is lost to nobody. It is not written yet.
/// `in_turn`: not before those that wait already.
pub(crate) async fn fund(cmd: &mut Command<'_, '_>, entitlement: &mut Entitlement, in_turn: bool) -> Result<bool, db::Error> {
    let (hub, year) = (&entitlement.participation.hub, entitlement.financial_year());
    // Among all who want the last of the money, this one statement decides.
    if !store::budget::budget_commit(cmd.tx, hub, year, entitlement.amount, in_turn).await? {
        entitlement.state = EntitlementState::Unfunded;
        return Ok(false);
    }
    let way = (TransferKind::Commit, AccountKind::Free, AccountKind::Committed);
    let transfer = entitlement_transfer(cmd, entitlement, way, Settlement::None);
    let inserted = store::transfer::transfer_insert(cmd.tx, &transfer).await?;
    assert!(inserted, "a commitment settles nothing");
    entitlement.hold(transfer.id);
    Ok(true)
}

/// Funds those that wait for a budget's money, as far as it goes and at most [`FUNDED_MAX`]. Says how many it funded. A dearer one that waits is not passed
/// by: the order is the order.
pub(crate) async fn fund_waiting(cmd: &mut Command<'_, '_>, hub: &HubId, year: FinancialYear) -> Result<usize, db::Error> {
    let limit = i64::try_from(FUNDED_MAX).expect("a few hundred");
    let mut funded = 0;
    for mut entitlement in store::entitlement::entitlement_list_unfunded(cmd.tx, hub, year, limit).await? {
        if !fund(cmd, &mut entitlement, false).await? {
            break;
        }
        entitlement.version += 1;
        store::entitlement::entitlement_update(cmd.tx, &entitlement).await?;
        events::entitlement_funded(cmd, &entitlement);
        funded += 1;
    }
    Ok(funded)
}
