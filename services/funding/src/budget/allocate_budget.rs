//! `BudgetService.AllocateBudget` allocates money to a hub for a financial year and funds entitlements that wait for it.

use name::DecisionId;
use proto::funding::v1 as pb;
use scope::{Scope, ScopeKey};
use server::ApiError;
use service::{Command, Error};

use super::{BudgetId, BudgetViolation, store};
use crate::{
    entitlement::commitment::fund_waiting,
    ledger::{self, Pence, Posting, Transfer},
};

/// An amount for a budget, by a decision.
#[derive(Debug, Clone)]
pub(crate) struct Allocation {
    pub(crate) budget: BudgetId,
    pub(crate) amount: Pence,
    pub(crate) decision: DecisionId,
}

pub(crate) async fn allocate_budget(
    cmd: &mut Command<'_, '_>,
    allocation: Allocation,
) -> Result<pb::AllocateBudgetResponse, Error> {
    let Allocation { budget: id, amount, decision } = allocation;
    cmd.concerns(&id.hub, None);
    if !mirror::hub_exists(cmd.tx, &id.hub).await? {
        return Err(ApiError::not_found(&id.hub.to_string()).into());
    }
    if let Some(unknown) = mirror::find_unknown_decision(cmd.tx, [&decision]).await? {
        return Err(ApiError::decision_unknown(&unknown).into());
    }
    let allocated = store::budget_allocate(cmd.tx, &id, amount).await;
    let budget = allocated.map_err(|error| match error {
        error if error.is_check_violation() => BudgetViolation::TooLarge.into(),
        error => Error::from(error),
    })?;
    if budget.version == 1 {
        ledger::store::account_insert(cmd.tx, &id).await?;
    }
    let transfer = Transfer::allocation(Posting::next(cmd), &id, amount, &decision);
    let inserted = ledger::post(cmd, &transfer).await?;
    assert!(inserted, "an allocation settles nothing");
    let event = pb::BudgetAllocated { budget: Some((&budget).into()), transfer: transfer.posting.id.to_string() };
    cmd.append(&budget, &event);
    let funded = fund_waiting(cmd, id.clone()).await?;
    let scope = ScopeKey::new(&Scope::All, cmd.today());
    let budget = store::budget_by_id(cmd.tx, &scope, &id).await?;
    Ok(pb::AllocateBudgetResponse {
        budget: Some((&budget).into()),
        transfer: transfer.posting.id.to_string(),
        funded_count: i32::try_from(funded).expect("a transaction funds a few hundred"),
        pending_change: String::new(),
    })
}
