//! `BudgetService.GetBudget` gives one budget.

use db::Tx;
use proto::funding::v1 as pb;
use scope::ScopeKey;
use service::Error;

use super::{BudgetId, store};

pub(super) async fn get_budget(tx: &mut Tx<'_>, scope: ScopeKey, id: BudgetId) -> Result<pb::GetBudgetResponse, Error> {
    let budget = store::budget_by_id(tx, &scope, &id).await?;
    Ok(pb::GetBudgetResponse { budget: Some((&budget).into()) })
}
