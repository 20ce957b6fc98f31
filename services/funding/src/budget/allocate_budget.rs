//! A hub is given money for a financial year, and those that wait for it are funded.

use name::HubId;
use proto::funding::v1 as pb;
use service::Command;
use time::FinancialYear;

use crate::{
    domain::{AccountKind, Pence, Scope, Settlement, Transfer, TransferId, TransferKind},
    error::Error,
    events,
    fund::fund_waiting,
    store::{self, ScopeKey},
};

/// What is allocated.
#[derive(Debug, Clone)]
pub(crate) struct Allocation {
    pub(crate) hub: HubId,
    pub(crate) financial_year: FinancialYear,
    pub(crate) amount: Pence,
    pub(crate) decision: String,
}

pub(crate) async fn allocate_budget(cmd: &mut Command<'_, '_>, asked: Allocation) -> Result<pb::AllocateBudgetResponse, Error> {
    let (hub, year) = (&asked.hub, asked.financial_year);
    if !mirror::hub_exists(cmd.tx, hub).await? {
        return Err(Error::NotFound(hub.to_string()));
    }
    let allocated = store::budget::budget_allocate(cmd.tx, hub, year, asked.amount).await;
    let budget = match allocated {
        Err(error) if error.is_check_violation() => {
            return Err(Error::Field("amount_pence", "would make the budget larger than any can be".to_owned()));
        }
        other => other?,
    };
    if budget.version == 1 {
        store::account::account_insert(cmd.tx, hub, year).await?;
    }
    let transfer = Transfer {
        id: TransferId::trusted(cmd.next_id()),
        debit: AccountKind::Grant.of(hub, year),
        credit: AccountKind::Free.of(hub, year),
        amount: asked.amount,
        kind: TransferKind::Allocate,
        posted: cmd.now(),
        entitlement: None,
        batch: None,
        payee: None,
        settlement: Settlement::None,
        actor: cmd.cause.actor.clone(),
        request_id: cmd.cause.request_id.clone(),
        reason: asked.decision.clone(),
    };
    let inserted = store::transfer::transfer_insert(cmd.tx, &transfer).await?;
    assert!(inserted, "an allocation settles nothing");
    events::budget_allocated(cmd, &budget, &transfer);
    let funded = fund_waiting(cmd, hub, year).await?;
    let scope = ScopeKey::new(&Scope::All, cmd.today());
    let budget = store::budget::find_budget(cmd.tx, &scope, hub, year).await?;
    Ok(pb::AllocateBudgetResponse {
        budget: budget.as_ref().map(Into::into),
        transfer: transfer.id.to_string(),
        funded_count: i32::try_from(funded).expect("a transaction funds a few hundred"),
    })
}
