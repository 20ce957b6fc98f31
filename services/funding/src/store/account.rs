//! Accounts. A balance is what came in less what went out; nothing else is stored of it.

use db::{Error, Tx, sql};
use name::HubId;
use time::FinancialYear;

use super::row::AccountRow;
use crate::domain::{Account, AccountId, AccountKind};

/// Later than every day on which something is posted.
pub(crate) const FOREVER: &str = "9999-12-31";

macro_rules! select {
    ($day:literal) => {
        concat!(
            "SELECT account.id, account.kind, account.hub, account.financial_year,
                 CAST(COALESCE((SELECT SUM(transfer.amount_pence) FROM transfer
                                WHERE transfer.credit_account = account.id AND transfer.post_date <= ",
            $day,
            "), 0)
                    - COALESCE((SELECT SUM(transfer.amount_pence) FROM transfer
                                WHERE transfer.debit_account = account.id AND transfer.post_date <= ",
            $day,
            "), 0) AS BIGINT) AS balance_pence
             FROM account "
        )
    };
}

/// The three accounts of a budget, where they are missing.
pub(crate) async fn account_insert(tx: &mut Tx<'_>, hub: &HubId, year: FinancialYear) -> Result<(), Error> {
    let [free, committed, paid] = [AccountKind::Free, AccountKind::Committed, AccountKind::Paid].map(|kind| kind.of(hub, year));
    sql!(tx, conn => sqlx::query(
        "INSERT INTO account (id, kind, hub, financial_year) VALUES ($1, 'free', $4, $5), ($2, 'committed', $4, $5), ($3, 'paid', $4, $5)
         ON CONFLICT (id) DO NOTHING")
        .bind(free.as_str()).bind(committed.as_str()).bind(paid.as_str()).bind(hub.as_str()).bind(year.to_string())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// With its balance at the end of a day, written as it is stored.
pub(crate) async fn find_account(tx: &mut Tx<'_>, id: &AccountId, day: &str) -> Result<Option<Account>, Error> {
    let row: Option<AccountRow> = sql!(tx, conn => sqlx::query_as(concat!(select!("$2"), "WHERE account.id = $1"))
        .bind(id.as_str()).bind(day).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// A page in order of id; empty filters mean all.
pub(crate) async fn account_page(
    tx: &mut Tx<'_>,
    (hub, year): (&str, &str),
    day: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<Account>, Error> {
    let rows: Vec<AccountRow> = sql!(tx, conn => sqlx::query_as(concat!(select!("$3"),
        "WHERE ($1 = '' OR account.hub = $1) AND ($2 = '' OR account.financial_year = $2) AND account.id > $4
         ORDER BY account.id LIMIT $5"))
        .bind(hub).bind(year).bind(day).bind(after).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
