//! The opposite of a transfer is posted: of an allocation whose money is free, or of a payment, whose entitlement can then be paid again.

use proto::funding::v1 as pb;
use service::Command;

use crate::{
    domain::{Broken, Budget, Due, Entitlement, EntitlementState, Settlement, Transfer, TransferId, TransferKind},
    error::Error,
    events,
    release::{after_release, give_back},
    store,
};

pub(crate) async fn reverse_transfer(
    cmd: &mut Command<'_, '_>,
    id: TransferId,
    reason: String,
) -> Result<pb::ReverseTransferResponse, Error> {
    let found = store::transfer::find_transfer(cmd.tx, &id).await?;
    let transfer = found.ok_or_else(|| Error::NotFound(id.to_string()))?;
    if !matches!(transfer.kind, TransferKind::Allocate | TransferKind::Post) {
        return Err(Broken::TransferKind(transfer.kind).into());
    }
    let reversal = opposite(cmd, &transfer, reason);
    // Among all who reverse it at once, the table's UNIQUE decides.
    if !store::transfer::transfer_insert(cmd.tx, &reversal).await? {
        return Err(Error::TransferReversed(id.to_string()));
    }
    events::transfer_reversed(cmd, &reversal);
    match &transfer.entitlement {
        None => take_back(cmd, &transfer).await?,
        Some(entitlement) => {
            let paid = store::entitlement::find_entitlement_held(cmd.tx, entitlement).await?;
            unpay(cmd, paid.expect("a payment has its entitlement"), &reversal).await?;
        }
    }
    Ok(pb::ReverseTransferResponse { transfer: Some((&reversal).into()) })
}

fn opposite(cmd: &Command<'_, '_>, transfer: &Transfer, reason: String) -> Transfer {
    Transfer {
        id: TransferId::trusted(cmd.next_id()),
        debit: transfer.credit.clone(),
        credit: transfer.debit.clone(),
        kind: TransferKind::Reverse,
        posted: cmd.now(),
        batch: None,
        payee: None,
        settlement: Settlement::Reverses(transfer.id.clone()),
        actor: cmd.cause.actor.clone(),
        request_id: cmd.cause.request_id.clone(),
        reason,
        ..transfer.clone()
    }
}

/// An allocation goes back to the grant, if it is still free.
async fn take_back(cmd: &mut Command<'_, '_>, allocation: &Transfer) -> Result<(), Error> {
    let account = store::account::find_account(cmd.tx, &allocation.credit, store::account::FOREVER).await?;
    let owner = account.and_then(|account| account.hub.zip(account.financial_year));
    let (hub, year) = owner.expect("money is allocated to an account of a hub");
    let taken = store::budget::budget_take_back(cmd.tx, &hub, year, allocation.amount).await?;
    taken.map(drop).ok_or_else(|| Error::BudgetExhausted(Budget::name_of(&hub, year)))
}

/// A payment is undone: the entitlement holds its money again, and gives it back at once when nothing proves it any more.
async fn unpay(cmd: &mut Command<'_, '_>, mut entitlement: Entitlement, reversal: &Transfer) -> Result<(), Error> {
    let (hub, year) = (entitlement.participation.hub.clone(), entitlement.financial_year());
    store::budget::budget_unspend(cmd.tx, &hub, year, entitlement.amount).await?;
    entitlement.state = EntitlementState::Payable;
    entitlement.transfer = Some(reversal.id.clone());
    entitlement.batch = None;
    entitlement.version += 1;
    if entitlement.participation.due() == Due::Lapsed {
        give_back(cmd, &mut entitlement).await?;
        store::entitlement::entitlement_update(cmd.tx, &entitlement).await?;
        events::entitlement_released(cmd, &entitlement);
        after_release(cmd, &entitlement).await?;
    } else {
        store::entitlement::entitlement_update(cmd.tx, &entitlement).await?;
        events::entitlement_became_payable(cmd, &entitlement);
    }
    Ok(())
}
