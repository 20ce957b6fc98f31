//! Nominations, each with its standing in the newest ranking of its cohort.

use db::{Child, Error, Tx, child_page, placeholders, sql};
use sqlx::AssertSqlSafe;
use time::{AcademicYear, Instant};

use super::{ScopeKey, in_scope, row::NominationRow};
use crate::domain::{CohortId, HubId, Nomination, NominationId, NominationState, PersonId};

macro_rules! nominations {
    () => {
        "SELECT n.id, n.cohort, n.urn, n.hub, n.person, n.state, n.submit_time, n.select_time, n.overrides_count,
             o.outcome AS override_outcome, o.reason AS override_reason, o.actor AS override_actor, o.override_time,
             n.withdraw_reason, n.version, e.ranking_number, e.rank, e.old_la_code, e.schools_count,
             e.schools_never_reached_count, e.region_schools_count, e.region_schools_never_reached_count, e.score_ppm,
             r.reach_publication, r.score_weights, w.prior_schools_count, w.area_permille, w.region_permille
         FROM nomination n
         JOIN cohort c ON c.id = n.cohort
         LEFT JOIN nomination_override o ON o.nomination = n.id AND o.number = n.overrides_count
         LEFT JOIN ranking_entry e ON e.cohort = n.cohort AND e.ranking_number = c.rankings_count AND e.nomination = n.id
         LEFT JOIN ranking r ON r.cohort = e.cohort AND r.number = e.ranking_number
         LEFT JOIN score_weights w ON w.version = r.score_weights
         WHERE "
    };
}

/// One that lies in scope.
pub(crate) async fn find_nomination(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    cohort: &CohortId,
    id: &NominationId,
) -> Result<Option<Nomination>, Error> {
    let row: Option<NominationRow> = sql!(tx, conn => sqlx::query_as(
        concat!(nominations!(), in_scope!(), " AND n.cohort = $4 AND n.id = $5"))
        .bind(&scope.hub).bind(scope.urn).bind(&scope.today).bind(cohort.as_str()).bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// What a page holds: empty and 0 mean all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) hub: String,
    pub(crate) urn: i64,
    pub(crate) state: &'static str,
}

/// A page in order of id. `None` when there is no such cohort.
pub(crate) async fn nomination_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    cohort: &CohortId,
    filter: &Filter,
    after: &str,
    limit: i64,
) -> Result<Option<Vec<Nomination>>, Error> {
    let rows: Vec<Child<NominationRow>> = sql!(tx, conn => sqlx::query_as(child_page!(
        "SELECT id AS parent_id FROM cohort WHERE id = $4",
        "id",
        concat!(nominations!(), in_scope!(),
        " AND n.cohort = $4 AND ($5 = '' OR n.hub = $5) AND ($6 = 0 OR n.urn = $6) AND ($7 = '' OR n.state = $7) AND n.id > $8
         ORDER BY n.id LIMIT $9"),
        "page.id"))
        .bind(&scope.hub).bind(scope.urn).bind(&scope.today).bind(cohort.as_str())
        .bind(&filter.hub).bind(filter.urn).bind(filter.state).bind(after).bind(limit).fetch_all(conn).await)?;
    Ok(Child::page(rows).map(|(_, rows)| rows.into_iter().map(Into::into).collect()))
}

/// The first so many by rank of the submitted ones; of a hub, or of the nation. The cohort is held.
pub(crate) async fn nomination_first(
    tx: &mut Tx<'_>,
    cohort: &CohortId,
    hub: Option<&HubId>,
    count: i64,
) -> Result<Vec<Nomination>, Error> {
    let rows: Vec<NominationRow> = sql!(tx, conn => sqlx::query_as(concat!(
        nominations!(), "n.cohort = $1 AND n.state = 'submitted' AND ($2 = '' OR n.hub = $2) AND e.rank IS NOT NULL
         ORDER BY e.rank LIMIT $3"))
        .bind(cohort.as_str()).bind(hub.map_or("", |hub| hub.as_str())).bind(count).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many submitted nominations are not in the newest ranking. The cohort is held.
pub(crate) async fn unranked_count(tx: &mut Tx<'_>, cohort: &CohortId) -> Result<i64, Error> {
    let (count,): (i64,) = sql!(tx, conn => sqlx::query_as(
        "SELECT COUNT(*) FROM nomination n JOIN cohort c ON c.id = n.cohort
         WHERE n.cohort = $1 AND n.state = 'submitted' AND NOT EXISTS (
             SELECT 1 FROM ranking_entry e
             WHERE e.cohort = n.cohort AND e.ranking_number = c.rankings_count AND e.nomination = n.id)")
        .bind(cohort.as_str()).fetch_one(conn).await)?;
    Ok(count)
}

/// Whether a person has a live nomination in any cohort.
pub(crate) async fn has_live(tx: &mut Tx<'_>, person: &PersonId) -> Result<bool, Error> {
    let found: Option<(String,)> = sql!(tx, conn => sqlx::query_as(
        "SELECT id FROM nomination WHERE person = $1 AND is_live")
        .bind(person.as_str()).fetch_optional(conn).await)?;
    Ok(found.is_some())
}

/// A nomination of the person that still waits for a cohort whose first academic year has begun ends as not selected. Gives it as it stands then.
pub(crate) async fn nomination_lapse(
    tx: &mut Tx<'_>,
    person: &PersonId,
    year: AcademicYear,
) -> Result<Option<Nomination>, Error> {
    let lapsed: Option<(String, String)> = sql!(tx, conn => sqlx::query_as(
        "UPDATE nomination SET state = 'not_selected', is_live = FALSE, version = version + 1
         WHERE person = $1 AND state = 'submitted' AND cohort IN (SELECT id FROM cohort WHERE first_academic_year <= $2)
         RETURNING cohort, id")
        .bind(person.as_str()).bind(year.to_string()).fetch_optional(conn).await)?;
    let Some((cohort, id)) = lapsed else { return Ok(None) };
    let row: NominationRow = sql!(tx, conn => sqlx::query_as(concat!(nominations!(), "n.cohort = $1 AND n.id = $2"))
        .bind(cohort).bind(id).fetch_one(conn).await)?;
    Ok(Some(row.into()))
}

/// A nomination of the person that was selected for a cohort whose last academic year is over is live no more. Nothing else of it changes: the person
/// was a specialist of that cohort, and nobody has to be told.
pub(crate) async fn nomination_release(tx: &mut Tx<'_>, person: &PersonId, year: AcademicYear) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query(
        "UPDATE nomination SET is_live = FALSE
         WHERE person = $1 AND is_live AND state = 'selected' AND cohort IN (SELECT id FROM cohort WHERE last_academic_year < $2)")
        .bind(person.as_str()).bind(year.to_string()).execute(conn).await.map(drop))?;
    Ok(())
}

/// False when the person got a live nomination in between.
pub(crate) async fn nomination_insert(tx: &mut Tx<'_>, nomination: &Nomination) -> Result<bool, Error> {
    let new = sql!(tx, conn => sqlx::query(
        "INSERT INTO nomination (id, cohort, urn, hub, person, state, submit_time, overrides_count, version, is_live)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (person) WHERE is_live DO NOTHING")
        .bind(nomination.id.as_str()).bind(nomination.cohort.as_str()).bind(nomination.urn.number()).bind(nomination.hub.as_str())
        .bind(nomination.person.as_str()).bind(nomination.state.as_str()).bind(nomination.submit_time.micros())
        .bind(nomination.overrides_count).bind(nomination.version).bind(true).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(new == 1)
}

/// Writes the next version of a nomination in an academic year, of which it depends whether it is live. False when somebody else wrote it first. A unique
/// violation when the person has another live one.
pub(crate) async fn nomination_update(
    tx: &mut Tx<'_>,
    before: &Nomination,
    next: &Nomination,
    year: AcademicYear,
) -> Result<bool, Error> {
    let written = sql!(tx, conn => sqlx::query(
        "UPDATE nomination SET state = $3, select_time = $4, overrides_count = $5, withdraw_reason = $6, version = $7,
             is_live = $3 IN ('submitted', 'selected') AND EXISTS (
                 SELECT 1 FROM cohort WHERE cohort.id = nomination.cohort AND cohort.last_academic_year >= $8)
         WHERE id = $1 AND version = $2")
        .bind(next.id.as_str()).bind(before.version).bind(next.state.as_str()).bind(next.select_time.map(Instant::micros))
        .bind(next.overrides_count).bind(next.withdraw_reason.as_deref()).bind(next.version).bind(year.to_string())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(written == 1)
}

/// Keeps the newest decision about a nomination, which was written with its number, beside those before it.
pub(crate) async fn override_insert(tx: &mut Tx<'_>, decided: &Nomination) -> Result<(), Error> {
    let decision = decided.overridden.as_ref().expect("it was decided");
    sql!(tx, conn => sqlx::query(
        "INSERT INTO nomination_override (nomination, number, outcome, reason, actor, override_time) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(decided.id.as_str()).bind(decided.overrides_count).bind(decision.outcome.state().as_str()).bind(&decision.reason)
        .bind(&decision.actor).bind(decision.time.micros()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Selects these, in one statement, and keeps those of them that were still submitted: one may have given way to a nomination for another cohort.
pub(crate) async fn nomination_select(tx: &mut Tx<'_>, chosen: &mut Vec<Nomination>, now: Instant) -> Result<(), Error> {
    if chosen.is_empty() {
        return Ok(());
    }
    let text = format!(
        "UPDATE nomination SET state = 'selected', select_time = ${}, version = version + 1
         WHERE state = 'submitted' AND id IN ({}) RETURNING id",
        chosen.len() + 1,
        placeholders(chosen.len(), 1)
    );
    let written: Vec<(String,)> = sql!(tx, conn => {
        let mut query = sqlx::query_as(AssertSqlSafe(text));
        for nomination in chosen.iter() {
            query = query.bind(nomination.id.as_str());
        }
        query.bind(now.micros()).fetch_all(conn).await
    })?;
    let written: std::collections::HashSet<String> = written.into_iter().map(|(id,)| id).collect();
    chosen.retain(|nomination| written.contains(nomination.id.as_str()));
    Ok(())
}

/// How a state is asked for in a filter; `None` for all.
pub(crate) fn state_filter(state: Option<NominationState>) -> &'static str {
    state.map_or("", NominationState::as_str)
}
