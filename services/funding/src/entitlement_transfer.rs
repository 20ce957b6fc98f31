//! A transfer for an entitlement.

use service::Command;

use crate::domain::{AccountKind, Entitlement, Settlement, Transfer, TransferId, TransferKind};

/// Money moves for an entitlement, between two accounts of its hub and year. It is not written yet.
pub(crate) fn entitlement_transfer(
    cmd: &Command<'_, '_>,
    entitlement: &Entitlement,
    (kind, from, to): (TransferKind, AccountKind, AccountKind),
    settlement: Settlement,
) -> Transfer {
    let (hub, year) = (&entitlement.participation.hub, entitlement.financial_year());
    Transfer {
        id: TransferId::trusted(cmd.next_id()),
        debit: from.of(hub, year),
        credit: to.of(hub, year),
        amount: entitlement.amount,
        kind,
        posted: cmd.now(),
        entitlement: Some(entitlement.id().clone()),
        batch: None,
        payee: None,
        settlement,
        actor: cmd.cause.actor.clone(),
        request_id: cmd.cause.request_id.clone(),
        reason: String::new(),
    }
}
