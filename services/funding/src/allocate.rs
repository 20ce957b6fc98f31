//! A hub is given money for a financial year, and those that wait for it are funded.

use name::HubId;
use proto::funding::v1 as pb;
use server::Once;
use time::FinancialYear;

use crate::{
    act::{Act, Desk},
    domain::{AccountKind, Pence, Settlement, Transfer, TransferId, TransferKind},
    error::Error,
    fund::fund_waiting,
    store,
};

/// What is allocated.
#[derive(Debug, Clone)]
pub(crate) struct Allocation {
    pub(crate) hub: HubId,
    pub(crate) financial_year: FinancialYear,
    pub(crate) amount: Pence,
    pub(crate) decision: String,
    pub(crate) validate_only: bool,
}

pub(crate) async fn allocate(desk: &Desk, request: Once, asked: Allocation) -> Result<pb::AllocateBudgetResponse, Error> {
    desk.once_or_foretell(request, asked.validate_only, move |mut act| Box::pin(async move { make(&mut act, &asked).await }))
        .await
}

async fn make(act: &mut Act<'_, '_>, asked: &Allocation) -> Result<pb::AllocateBudgetResponse, Error> {
    let (hub, year) = (&asked.hub, asked.financial_year);
    if !mirror::hub_exists(act.tx, hub).await? {
        return Err(Error::NotFound(hub.to_string()));
    }
    let allocated = store::budget::budget_allocate(act.tx, hub, year, asked.amount).await;
    let budget = match allocated {
        Err(error) if error.is_check_violation() => {
            return Err(Error::Field("amount_pence", "would make the budget larger than any can be".to_owned()));
        }
        other => other?,
    };
    if budget.version == 1 {
        store::account::account_insert(act.tx, hub, year).await?;
    }
    let transfer = Transfer {
        id: TransferId::trusted(act.next_id()),
        debit: AccountKind::Grant.of(hub, year),
        credit: AccountKind::Free.of(hub, year),
        amount: asked.amount,
        kind: TransferKind::Allocate,
        posted: act.now(),
        entitlement: None,
        batch: None,
        payee: None,
        settlement: Settlement::None,
        actor: act.cause.actor.clone(),
        request_id: act.cause.request_id.clone(),
        reason: asked.decision.clone(),
    };
    let inserted = store::transfer::transfer_insert(act.tx, &transfer).await?;
    assert!(inserted, "an allocation settles nothing");
    act.budget_allocated(&budget, &transfer);
    let funded = fund_waiting(act, hub, year).await?;
    let scope = store::ScopeKey::new(&crate::domain::Scope::All, act.today());
    let budget = store::budget::find_budget(act.tx, &scope, hub, year).await?;
    Ok(pb::AllocateBudgetResponse {
        budget: budget.as_ref().map(Into::into),
        transfer: transfer.id.to_string(),
        funded_count: i32::try_from(funded).expect("a transaction funds a few hundred"),
    })
}
