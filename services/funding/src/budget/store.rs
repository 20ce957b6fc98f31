//! Budgets: every statement that moves money moves it here under a condition, so that nothing is committed twice.

use db::{Error, Tx, sql};
use name::HubId;
use time::FinancialYear;

use super::{
    ScopeKey,
    row::{self, BudgetRow},
};
use crate::domain::{BatchId, Budget, Pence};

macro_rules! columns {
    () => {
        "hub, financial_year, allocated_pence, committed_pence, spent_pence, version"
    };
}

/// Gives a hub money, its first or more.
pub(crate) async fn budget_allocate(tx: &mut Tx<'_>, hub: &HubId, year: FinancialYear, amount: Pence) -> Result<Budget, Error> {
    let row: BudgetRow = sql!(tx, conn => sqlx::query_as(concat!(
        "INSERT INTO budget (", columns!(), ") VALUES ($1, $2, $3, 0, 0, 1)
         ON CONFLICT (hub, financial_year) DO UPDATE
         SET allocated_pence = budget.allocated_pence + excluded.allocated_pence, version = budget.version + 1
         RETURNING ", columns!()))
        .bind(hub.as_str()).bind(year.to_string()).bind(amount.number()).fetch_one(conn).await)?;
    Ok(row.into())
}

/// Takes an allocation back. None when less is free.
pub(crate) async fn budget_take_back(
    tx: &mut Tx<'_>,
    hub: &HubId,
    year: FinancialYear,
    amount: Pence,
) -> Result<Option<Budget>, Error> {
    let row: Option<BudgetRow> = sql!(tx, conn => sqlx::query_as(concat!(
        "UPDATE budget SET allocated_pence = allocated_pence - $3, version = version + 1
         WHERE hub = $1 AND financial_year = $2 AND allocated_pence - committed_pence - spent_pence >= $3
         RETURNING ", columns!()))
        .bind(hub.as_str()).bind(year.to_string()).bind(amount.number()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// Commits money if there is enough: among all who want the last of it, this one statement decides. `in_turn`: not before those that wait already.
pub(crate) async fn budget_commit(
    tx: &mut Tx<'_>,
    hub: &HubId,
    year: FinancialYear,
    amount: Pence,
    in_turn: bool,
) -> Result<bool, Error> {
    let committed = sql!(tx, conn => sqlx::query(
        "UPDATE budget SET committed_pence = committed_pence + $3
         WHERE hub = $1 AND financial_year = $2 AND allocated_pence - committed_pence - spent_pence >= $3
           AND NOT ($4 AND EXISTS (
               SELECT 1 FROM entitlement waiting
               WHERE waiting.hub = $1 AND waiting.financial_year = $2 AND waiting.state = 'unfunded'))")
        .bind(hub.as_str()).bind(year.to_string()).bind(amount.number()).bind(in_turn)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(committed == 1)
}

/// Committed money is free again.
pub(crate) async fn budget_release(tx: &mut Tx<'_>, hub: &HubId, year: FinancialYear, amount: Pence) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("UPDATE budget SET committed_pence = committed_pence - $3 WHERE hub = $1 AND financial_year = $2")
        .bind(hub.as_str()).bind(year.to_string()).bind(amount.number()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Paid money is committed again.
pub(crate) async fn budget_unspend(tx: &mut Tx<'_>, hub: &HubId, year: FinancialYear, amount: Pence) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query(
        "UPDATE budget SET committed_pence = committed_pence + $3, spent_pence = spent_pence - $3 WHERE hub = $1 AND financial_year = $2")
        .bind(hub.as_str()).bind(year.to_string()).bind(amount.number()).execute(conn).await.map(drop))?;
    Ok(())
}

/// The money of all entitlements of a batch is paid.
pub(crate) async fn budget_spend(tx: &mut Tx<'_>, batch: &BatchId) -> Result<(), Error> {
    if tx.is_postgres() {
        // An UPDATE locks its rows in whatever order it finds them; two batches that are paid at once by the same hubs must not wait for each other.
        sql!(tx, conn => sqlx::query(
            "SELECT hub FROM budget
             WHERE (hub, financial_year) IN (SELECT hub, financial_year FROM entitlement WHERE batch = $1)
             ORDER BY hub, financial_year FOR UPDATE")
            .bind(batch.as_str()).execute(conn).await.map(drop))?;
    }
    sql!(tx, conn => sqlx::query(
        "UPDATE budget SET committed_pence = committed_pence - paid.amount_pence, spent_pence = spent_pence + paid.amount_pence
         FROM (SELECT hub, financial_year, CAST(SUM(amount_pence) AS BIGINT) AS amount_pence
               FROM entitlement WHERE batch = $1 GROUP BY hub, financial_year) paid
         WHERE budget.hub = paid.hub AND budget.financial_year = paid.financial_year")
        .bind(batch.as_str()).execute(conn).await.map(drop))?;
    Ok(())
}

pub(crate) async fn find_budget(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    hub: &HubId,
    year: FinancialYear,
) -> Result<Option<Budget>, Error> {
    let row: Option<BudgetRow> = sql!(tx, conn => sqlx::query_as(concat!(
        "SELECT ", columns!(), " FROM budget WHERE ($1 = '' OR hub = $1) AND hub = $2 AND financial_year = $3"))
        .bind(&scope.hub).bind(hub.as_str()).bind(year.to_string()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// A page in order of financial year, then hub; empty filters mean all.
pub(crate) async fn budget_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    (hub, year): (&str, &str),
    (after_year, after_hub): (&str, &str),
    limit: i64,
) -> Result<Vec<Budget>, Error> {
    let rows: Vec<BudgetRow> = sql!(tx, conn => sqlx::query_as(concat!(
        "SELECT ", columns!(), " FROM budget
         WHERE ($1 = '' OR hub = $1) AND ($2 = '' OR hub = $2) AND ($3 = '' OR financial_year = $3)
           AND (financial_year, hub) > ($4, $5)
         ORDER BY financial_year, hub LIMIT $6"))
        .bind(&scope.hub).bind(hub).bind(year).bind(after_year).bind(after_hub).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Budgets that have money for the first of those that wait for theirs, at most so many.
pub(crate) async fn budget_list_fundable(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(HubId, FinancialYear)>, Error> {
    let rows: Vec<(String, String)> = sql!(tx, conn => sqlx::query_as(
        "SELECT budget.hub, budget.financial_year FROM budget
         WHERE budget.allocated_pence - budget.committed_pence - budget.spent_pence >= (
             SELECT waiting.amount_pence FROM entitlement waiting
             WHERE waiting.hub = budget.hub AND waiting.financial_year = budget.financial_year AND waiting.state = 'unfunded'
             ORDER BY waiting.accept_time, waiting.id LIMIT 1)
         ORDER BY budget.hub, budget.financial_year LIMIT $1")
        .bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(hub, year)| (HubId::trusted(hub), row::financial_year(&year))).collect())
}
