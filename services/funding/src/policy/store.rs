//! Policies.

use db::{Error, Tx, sql};

use super::row::PolicyRow;
use crate::domain::{Policy, PolicyId};

macro_rules! select {
    () => {
        "SELECT policy.id, policy.programme, policy.amount_pence, policy.start_date, policy.end_date, policy.decision,
             (SELECT MIN(later.start_date) FROM policy later
              WHERE later.kind = policy.kind AND later.programme = policy.programme AND later.start_date > policy.start_date) AS later_date
         FROM policy "
    };
}

/// Whether a policy is in force on a day, as a condition and a literal: `in_force!("$4")`. Without an end it is until another starts.
macro_rules! in_force {
    ($day:literal) => {
        concat!(
            "policy.start_date <= ",
            $day,
            " AND (policy.end_date IS NULL OR policy.end_date >= ",
            $day,
            ") AND NOT EXISTS (
                 SELECT 1 FROM policy later
                 WHERE later.kind = policy.kind AND later.programme = policy.programme
                   AND later.start_date > policy.start_date AND later.start_date <= ",
            $day,
            ")"
        )
    };
}
pub(super) use in_force;

/// Adds a policy. False when another is in force on one of its days: the table's trigger says so, also to the second of two at once.
pub(crate) async fn policy_insert(tx: &mut Tx<'_>, policy: &Policy) -> Result<bool, Error> {
    let inserted = sql!(tx, conn => sqlx::query(
        "INSERT INTO policy (id, kind, programme, amount_pence, start_date, end_date, decision) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(policy.id.as_str()).bind(policy.kind.as_str()).bind(policy.programme.as_str()).bind(policy.amount.number())
        .bind(policy.start.to_string()).bind(policy.end.map(|end| end.to_string())).bind(&policy.decision)
        .execute(conn).await.map(drop));
    match inserted {
        Err(sqlx::Error::Database(error)) if error.message().contains("policy_overlap") => Ok(false),
        other => other.map(|()| true).map_err(Error::from),
    }
}

pub(crate) async fn find_policy(tx: &mut Tx<'_>, id: &PolicyId) -> Result<Option<Policy>, Error> {
    let row: Option<PolicyRow> = sql!(tx, conn => sqlx::query_as(concat!(select!(), "WHERE policy.id = $1"))
        .bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// A page in order of id.
pub(crate) async fn policy_page(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Policy>, Error> {
    let rows: Vec<PolicyRow> = sql!(tx, conn => sqlx::query_as(
        concat!(select!(), "WHERE policy.id > $1 ORDER BY policy.id LIMIT $2"))
        .bind(after).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
