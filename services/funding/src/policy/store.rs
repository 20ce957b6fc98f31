//! Rows of policies.

use db::{Error, Tx, sql};
use name::{DecisionId, ProgrammeId};
use server::ApiError;
use time::Date;

use super::{Policy, PolicyId, PolicyKind, PolicyViolation};
use crate::ledger::Pence;

macro_rules! select {
    () => {
        "SELECT policy.id, policy.kind, policy.programme, policy.amount_pence, policy.start_date, policy.end_date, policy.decision,
             policy.needs_two_sources,
             (SELECT MIN(later.start_date) FROM policy later
              WHERE later.kind = policy.kind AND later.programme = policy.programme AND later.start_date > policy.start_date) AS later_date
         FROM policy "
    };
}

/// Whether the row of `policy` is in force on a day, as a condition and a literal: `in_force!(":day")`. A policy without an end is in force until another of
/// its kind and programme starts.
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
pub(crate) use in_force;

#[derive(sqlx::FromRow)]
struct PolicyRow {
    id: PolicyId,
    kind: PolicyKind,
    programme: ProgrammeId,
    amount_pence: Pence,
    start_date: Date,
    end_date: Option<Date>,
    decision: DecisionId,
    needs_two_sources: bool,
    /// The first day of the next policy of the kind and programme.
    later_date: Option<Date>,
}

impl From<PolicyRow> for Policy {
    fn from(row: PolicyRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            programme: row.programme,
            amount: row.amount_pence,
            start: row.start_date,
            // A policy that was recorded without an end ends when the next starts.
            end: row.end_date.or_else(|| row.later_date.map(|later| later.plus_days(-1))),
            decision: row.decision,
            needs_two_sources: row.needs_two_sources,
        }
    }
}

/// Adds a policy. Fails with a violation when the id is taken, or another policy is in force on one of the days: the table's trigger checks the days, also for
/// the second of two concurrent transactions.
pub(crate) async fn policy_insert(tx: &mut Tx<'_>, policy: &Policy) -> Result<(), service::Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO policy (id, kind, programme, amount_pence, start_date, end_date, decision, needs_two_sources)
         VALUES (:id, :kind, :programme, :amount_pence, :start_date, :end_date, :decision, :needs_two_sources)",
        id = policy.id,
        kind = policy.kind,
        programme = policy.programme,
        amount_pence = policy.amount,
        start_date = policy.start,
        end_date = policy.end,
        decision = policy.decision,
        needs_two_sources = policy.needs_two_sources,
    );
    match inserted.execute().await {
        Ok(_) => Ok(()),
        Err(Error::Statement(sqlx::Error::Database(error))) if error.message().contains("policy_overlap") => {
            Err(PolicyViolation::Overlap.into())
        }
        Err(error) if error.is_unique_violation() => Err(PolicyViolation::Exists(policy.id.clone()).into()),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn find_policy(tx: &mut Tx<'_>, id: &PolicyId) -> Result<Option<Policy>, Error> {
    let row: Option<PolicyRow> = sql!(tx, concat!(select!(), "WHERE policy.id = :id"), id).fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// NOT_FOUND when there is no such policy.
pub(super) async fn policy_by_id(tx: &mut Tx<'_>, id: &PolicyId) -> Result<Policy, service::Error> {
    Ok(find_policy(tx, id).await?.ok_or_else(|| ApiError::not_found(&id.to_string()))?)
}

/// A page in order of id.
pub(super) async fn policy_page(tx: &mut Tx<'_>, after: Option<&PolicyId>, limit: i64) -> Result<Vec<Policy>, Error> {
    let page = sql!(
        tx,
        concat!(select!(), "WHERE policy.id > :after ORDER BY policy.id LIMIT :limit"),
        after = after.map_or("", PolicyId::as_str),
        limit
    );
    let rows: Vec<PolicyRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
