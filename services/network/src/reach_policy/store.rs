//! Rows of policies of reach.

use db::{Error, Tx, sql};
use name::DecisionId;
use time::Date;

use super::{FactKinds, ReachPolicy, ReachPolicyId, ReachRule};
use crate::{reach::Stage, school::column::DayOrBlank};

macro_rules! columns {
    () => {
        "policy_id, start_date, decision, coldness_stage, prior_schools_count, ranked_schools_min_count, fact_kinds"
    };
}

#[derive(sqlx::FromRow)]
struct ReachPolicyRow {
    policy_id: ReachPolicyId,
    start_date: Date,
    decision: DecisionId,
    coldness_stage: Stage,
    prior_schools_count: i64,
    ranked_schools_min_count: i64,
    fact_kinds: FactKinds,
}

impl From<ReachPolicyRow> for ReachPolicy {
    fn from(row: ReachPolicyRow) -> Self {
        let rule = ReachRule {
            stage: row.coldness_stage,
            prior_schools: row.prior_schools_count,
            ranked_schools_min: row.ranked_schools_min_count,
            fact_kinds: row.fact_kinds,
        };
        Self { id: row.policy_id, start: row.start_date, decision: row.decision, rule }
    }
}

/// False when the id or the first day is taken.
pub(super) async fn reach_policy_insert(tx: &mut Tx<'_>, policy: &ReachPolicy) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        concat!(
            "INSERT INTO reach_policy (",
            columns!(),
            ")
             VALUES (:id, :start_date, :decision, :coldness_stage, :prior_schools_count, :ranked_schools_min_count, :fact_kinds)
             ON CONFLICT DO NOTHING"
        ),
        id = policy.id,
        start_date = policy.start,
        decision = policy.decision,
        coldness_stage = policy.rule.stage,
        prior_schools_count = policy.rule.prior_schools,
        ranked_schools_min_count = policy.rule.ranked_schools_min,
        fact_kinds = policy.rule.fact_kinds,
    );
    Ok(inserted.execute().await? == 1)
}

/// The policy that starts on a day.
pub(super) async fn find_reach_policy_of_start(tx: &mut Tx<'_>, start: Date) -> Result<Option<ReachPolicyId>, Error> {
    let policy = sql!(tx, "SELECT policy_id FROM reach_policy WHERE start_date = :start", start);
    let row: Option<(ReachPolicyId,)> = policy.fetch_optional().await?;
    Ok(row.map(|(id,)| id))
}

/// The policy in force on a day: the last one that starts on that day or before.
pub(crate) async fn find_reach_policy_on(tx: &mut Tx<'_>, day: Date) -> Result<Option<ReachPolicy>, Error> {
    let in_force = sql!(
        tx,
        concat!("SELECT ", columns!(), " FROM reach_policy WHERE start_date <= :day ORDER BY start_date DESC LIMIT 1"),
        day,
    );
    let row: Option<ReachPolicyRow> = in_force.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// A page in order of the first day.
pub(super) async fn reach_policy_page(tx: &mut Tx<'_>, after: Option<Date>, limit: i64) -> Result<Vec<ReachPolicy>, Error> {
    let page = sql!(
        tx,
        concat!("SELECT ", columns!(), " FROM reach_policy WHERE start_date > :after ORDER BY start_date LIMIT :limit"),
        after = DayOrBlank(after),
        limit,
    );
    let rows: Vec<ReachPolicyRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
