//! The opposite of a transfer is posted: of an allocation whose money is free, or of a payment, whose entitlement can then be paid again.

use proto::funding::v1 as pb;
use server::Once;

use crate::{
    act::{Act, Desk},
    domain::{Broken, Budget, Due, Entitlement, EntitlementState, Settlement, Transfer, TransferId, TransferKind},
    error::Error,
    release::{after_release, give_back},
    store,
};

pub(crate) async fn reverse(
    desk: &Desk,
    request: Once,
    id: TransferId,
    reason: String,
    validate_only: bool,
) -> Result<pb::ReverseTransferResponse, Error> {
    desk.once_or_foretell(request, validate_only, move |mut act| {
        Box::pin(async move {
            let found = store::transfer::find_transfer(act.tx, &id).await?;
            let transfer = found.ok_or_else(|| Error::NotFound(id.to_string()))?;
            if !matches!(transfer.kind, TransferKind::Allocate | TransferKind::Post) {
                return Err(Broken::TransferKind(transfer.kind).into());
            }
            let reversal = opposite(&act, &transfer, reason);
            // Among all who reverse it at once, the table's UNIQUE decides.
            if !store::transfer::transfer_insert(act.tx, &reversal).await? {
                return Err(Error::TransferReversed(id.to_string()));
            }
            act.transfer_reversed(&reversal);
            match &transfer.entitlement {
                None => take_back(&mut act, &transfer).await?,
                Some(entitlement) => {
                    let paid = store::entitlement::find_entitlement_held(act.tx, entitlement).await?;
                    unpay(&mut act, paid.expect("a payment has its entitlement"), &reversal).await?;
                }
            }
            Ok(pb::ReverseTransferResponse { transfer: Some((&reversal).into()) })
        })
    })
    .await
}

fn opposite(act: &Act<'_, '_>, transfer: &Transfer, reason: String) -> Transfer {
    Transfer {
        id: TransferId::trusted(act.next_id()),
        debit: transfer.credit.clone(),
        credit: transfer.debit.clone(),
        kind: TransferKind::Reverse,
        posted: act.now(),
        batch: None,
        payee: None,
        settlement: Settlement::Reverses(transfer.id.clone()),
        actor: act.cause.actor.clone(),
        request_id: act.cause.request_id.clone(),
        reason,
        ..transfer.clone()
    }
}

/// An allocation goes back to the grant, if it is still free.
async fn take_back(act: &mut Act<'_, '_>, allocation: &Transfer) -> Result<(), Error> {
    let account = store::account::find_account(act.tx, &allocation.credit, store::account::FOREVER).await?;
    let owner = account.and_then(|account| account.hub.zip(account.financial_year));
    let (hub, year) = owner.expect("money is allocated to an account of a hub");
    let taken = store::budget::budget_take_back(act.tx, &hub, year, allocation.amount).await?;
    taken.map(drop).ok_or_else(|| Error::BudgetExhausted(Budget::name_of(&hub, year)))
}

/// A payment is undone: the entitlement holds its money again, and gives it back at once when nothing proves it any more.
async fn unpay(act: &mut Act<'_, '_>, mut entitlement: Entitlement, reversal: &Transfer) -> Result<(), Error> {
    let (hub, year) = (entitlement.participation.hub.clone(), entitlement.financial_year());
    store::budget::budget_unspend(act.tx, &hub, year, entitlement.amount).await?;
    entitlement.state = EntitlementState::Payable;
    entitlement.transfer = Some(reversal.id.clone());
    entitlement.batch = None;
    entitlement.version += 1;
    if entitlement.participation.due() == Due::Lapsed {
        give_back(act, &mut entitlement).await?;
        store::entitlement::entitlement_update(act.tx, &entitlement).await?;
        act.entitlement_released(&entitlement);
        after_release(act, &entitlement).await?;
    } else {
        store::entitlement::entitlement_update(act.tx, &entitlement).await?;
        act.entitlement_became_payable(&entitlement);
    }
    Ok(())
}
