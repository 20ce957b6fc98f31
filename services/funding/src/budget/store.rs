//! Rows of budgets. Every statement that moves money changes the budget's row under a CHECK, so that no money is committed twice.

use db::{Error, Tx, sql};
use name::HubId;
use scope::ScopeKey;
use server::ApiError;
use time::FinancialYear;

use super::list_budgets::BudgetKey;
use super::{Budget, BudgetId};
use crate::{batch::BatchId, ledger::Pence};

macro_rules! columns {
    () => {
        "hub, financial_year, allocated_pence, committed_pence, spent_pence, version"
    };
}

#[derive(sqlx::FromRow)]
struct BudgetRow {
    hub: HubId,
    financial_year: FinancialYear,
    allocated_pence: Pence,
    committed_pence: Pence,
    spent_pence: Pence,
    version: i64,
}

impl From<BudgetRow> for Budget {
    fn from(row: BudgetRow) -> Self {
        Self {
            id: BudgetId { hub: row.hub, financial_year: row.financial_year },
            allocated: row.allocated_pence,
            committed: row.committed_pence,
            spent: row.spent_pence,
            version: row.version,
        }
    }
}

/// Adds an allocation to a budget, which it creates if it is missing.
pub(super) async fn budget_allocate(tx: &mut Tx<'_>, id: &BudgetId, amount: Pence) -> Result<Budget, Error> {
    let allocated = sql!(
        tx,
        concat!(
            "INSERT INTO budget (",
            columns!(),
            ") VALUES (:hub, :financial_year, :amount_pence, 0, 0, 1)
             ON CONFLICT (hub, financial_year) DO UPDATE
             SET allocated_pence = budget.allocated_pence + excluded.allocated_pence, version = budget.version + 1
             RETURNING ",
            columns!()
        ),
        hub = id.hub,
        financial_year = id.financial_year,
        amount_pence = amount,
    );
    let row: BudgetRow = allocated.fetch_one().await?;
    Ok(row.into())
}

/// Reverses an allocation. False when less is available.
pub(crate) async fn budget_reverse_allocation(tx: &mut Tx<'_>, id: &BudgetId, amount: Pence) -> Result<bool, Error> {
    let reversed = sql!(
        tx,
        "UPDATE budget SET allocated_pence = allocated_pence - :amount_pence, version = version + 1
         WHERE hub = :hub AND financial_year = :financial_year AND allocated_pence - committed_pence - spent_pence >= :amount_pence",
        hub = id.hub,
        financial_year = id.financial_year,
        amount_pence = amount,
    );
    Ok(reversed.execute().await? == 1)
}

/// Commits money if enough is available. This statement decides among concurrent commitments. With `in_turn` it commits nothing while other entitlements wait
/// for money of the budget.
pub(crate) async fn budget_commit(tx: &mut Tx<'_>, id: &BudgetId, amount: Pence, in_turn: bool) -> Result<bool, Error> {
    let committed = sql!(
        tx,
        "UPDATE budget SET committed_pence = committed_pence + :amount_pence
         WHERE hub = :hub AND financial_year = :financial_year AND allocated_pence - committed_pence - spent_pence >= :amount_pence
           AND NOT (:in_turn AND EXISTS (
               SELECT 1 FROM entitlement waiting
               WHERE waiting.hub = :hub AND waiting.financial_year = :financial_year AND waiting.state = 'unfunded'))",
        hub = id.hub,
        financial_year = id.financial_year,
        amount_pence = amount,
        in_turn,
    );
    Ok(committed.execute().await? == 1)
}

/// Makes committed money available.
pub(crate) async fn budget_release(tx: &mut Tx<'_>, id: &BudgetId, amount: Pence) -> Result<(), Error> {
    let released = sql!(
        tx,
        "UPDATE budget SET committed_pence = committed_pence - :amount_pence WHERE hub = :hub AND financial_year = :financial_year",
        hub = id.hub,
        financial_year = id.financial_year,
        amount_pence = amount,
    );
    released.execute().await.map(drop)
}

/// Makes spent money committed.
pub(crate) async fn budget_reverse_payment(tx: &mut Tx<'_>, id: &BudgetId, amount: Pence) -> Result<(), Error> {
    let reversed = sql!(
        tx,
        "UPDATE budget SET committed_pence = committed_pence + :amount_pence, spent_pence = spent_pence - :amount_pence
         WHERE hub = :hub AND financial_year = :financial_year",
        hub = id.hub,
        financial_year = id.financial_year,
        amount_pence = amount,
    );
    reversed.execute().await.map(drop)
}

/// Makes the committed money of all entitlements of a batch spent.
pub(crate) async fn budget_spend(tx: &mut Tx<'_>, batch: &BatchId) -> Result<(), Error> {
    if tx.is_postgres() {
        // An UPDATE locks rows in any order: two batches of the same hubs that are released concurrently would deadlock.
        let locked = sql!(
            tx,
            "SELECT hub FROM budget
             WHERE (hub, financial_year) IN (SELECT hub, financial_year FROM entitlement WHERE batch = :batch)
             ORDER BY hub, financial_year {postgres FOR UPDATE}",
            batch,
        );
        locked.execute().await?;
    }
    let spent = sql!(
        tx,
        "UPDATE budget SET committed_pence = committed_pence - paid.amount_pence, spent_pence = spent_pence + paid.amount_pence
         FROM (SELECT hub, financial_year, CAST(SUM(amount_pence) AS BIGINT) AS amount_pence
               FROM entitlement WHERE batch = :batch GROUP BY hub, financial_year) paid
         WHERE budget.hub = paid.hub AND budget.financial_year = paid.financial_year",
        batch,
    );
    spent.execute().await.map(drop)
}

/// NOT_FOUND when the scope has no such budget. Schools may not call the methods of budgets.
pub(super) async fn budget_by_id(tx: &mut Tx<'_>, scope: &ScopeKey, id: &BudgetId) -> Result<Budget, service::Error> {
    let budget = sql!(
        tx,
        concat!(
            "SELECT ",
            columns!(),
            " FROM budget
             WHERE (:own_hub = '' OR hub = :own_hub) AND hub = :hub AND financial_year = :financial_year"
        ),
        own_hub = scope.hub,
        hub = id.hub,
        financial_year = id.financial_year,
    );
    let row: Option<BudgetRow> = budget.fetch_optional().await?;
    Ok(row.ok_or_else(|| ApiError::not_found(&id.to_string()))?.into())
}

/// A page in order of financial year, then hub. A filter that is `None` matches all.
pub(super) async fn budget_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    (hub, financial_year): (Option<&HubId>, Option<FinancialYear>),
    after: Option<&BudgetKey>,
    limit: i64,
) -> Result<Vec<Budget>, Error> {
    let page = sql!(
        tx,
        concat!(
            "SELECT ",
            columns!(),
            " FROM budget
             WHERE (:own_hub = '' OR hub = :own_hub) AND (:hub IS NULL OR hub = :hub)
               AND (:financial_year IS NULL OR financial_year = :financial_year)
               AND (financial_year, hub) > (:after_year, :after_hub)
             ORDER BY financial_year, hub LIMIT :limit"
        ),
        own_hub = scope.hub,
        hub,
        financial_year,
        after_year = after.map(|(year, _)| year.to_string()).unwrap_or_default(),
        after_hub = after.map_or("", |(_, hub)| hub.as_str()),
        limit,
    );
    let rows: Vec<BudgetRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Budgets with enough money for the first entitlement that waits for it, at most `limit`.
pub(crate) async fn budget_list_fundable(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<BudgetId>, Error> {
    let fundable = sql!(
        tx,
        "SELECT budget.hub, budget.financial_year FROM budget
         WHERE budget.allocated_pence - budget.committed_pence - budget.spent_pence >= (
             SELECT waiting.amount_pence FROM entitlement waiting
             WHERE waiting.hub = budget.hub AND waiting.financial_year = budget.financial_year AND waiting.state = 'unfunded'
             ORDER BY waiting.accept_time, waiting.id LIMIT 1)
         ORDER BY budget.hub, budget.financial_year LIMIT :limit",
        limit,
    );
    let rows: Vec<(HubId, FinancialYear)> = fundable.fetch_all().await?;
    Ok(rows.into_iter().map(|(hub, financial_year)| BudgetId { hub, financial_year }).collect())
}
