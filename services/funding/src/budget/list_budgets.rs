//! `BudgetService.ListBudgets` gives a page of budgets, by financial year and hub.

use db::Tx;
use name::HubId;
use proto::funding::v1 as pb;
use scope::ScopeKey;
use server::Page;
use service::Error;
use time::FinancialYear;

use super::{Budget, store};

/// The end of a page.
pub(super) type BudgetKey = (FinancialYear, HubId);

/// A filter that is `None` matches all in scope.
pub(super) async fn list_budgets(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    hub: Option<HubId>,
    year: Option<FinancialYear>,
    page: Page<BudgetKey>,
) -> Result<pb::ListBudgetsResponse, Error> {
    let rows = store::budget_page(tx, &scope, (hub.as_ref(), year), page.after(), page.limit()).await?;
    let key = |budget: &Budget| (budget.id.financial_year, budget.id.hub.clone());
    let (budgets, next_page_token) = page.cut(rows, key, |budget| (&budget).into());
    Ok(pb::ListBudgetsResponse { budgets, next_page_token })
}
