//! Rows of nominations, each with its standing in the newest ranking of its cohort. A unique index allows one live nomination of a person.

use std::collections::HashSet;

use db::{Child, Error, Tx, child_page, sql};
use futures::future::BoxFuture;
use name::{HubId, PersonId, Urn};
use scope::ScopeKey;
use service::{PersonRecord, PersonRecordPage};
use time::{AcademicYear, Instant};

use super::{Nomination, NominationId, NominationState, Outcome, Override, Selection};
use crate::{cohort::CohortId, ranking::store::StandingColumns};

/// Whether a nomination `n` is the later of two live nominations of one person, whose records were merged: the other is selected and it is not, or both are
/// and the other was submitted sooner. Nominations that the academic year `:year` has ended do not count.
macro_rules! is_duplicate {
    () => {
        "(n.is_live AND EXISTS (
             SELECT 1 FROM person mine
             JOIN person same ON same.current_id = mine.current_id
             JOIN nomination other ON other.person = same.id
             JOIN cohort of_other ON of_other.id = other.cohort
             WHERE mine.id = n.person AND other.id <> n.id AND other.is_live
                 AND ((other.state = 'selected' AND of_other.last_academic_year >= :year)
                     OR (other.state = 'submitted' AND of_other.first_academic_year > :year))
                 AND ((other.state = 'selected' AND n.state <> 'selected')
                     OR (other.state = n.state AND (other.submit_time, other.id) < (n.submit_time, n.id)))))"
    };
}

macro_rules! select_nominations {
    () => {
        concat!(
            "SELECT ",
            is_duplicate!(),
            " AS is_duplicate, n.id, n.cohort, n.urn, n.hub, n.person, n.state, n.submit_time, n.select_time, n.overrides_count,
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
        )
    };
}
pub(super) use {is_duplicate, select_nominations};

#[derive(sqlx::FromRow)]
pub(super) struct NominationRow {
    id: NominationId,
    cohort: CohortId,
    urn: Urn,
    hub: HubId,
    person: PersonId,
    state: NominationState,
    submit_time: Instant,
    select_time: Option<Instant>,
    overrides_count: i64,
    #[sqlx(flatten)]
    newest_override: OverrideColumns,
    withdraw_reason: Option<String>,
    version: i64,
    #[sqlx(flatten)]
    standing: StandingColumns,
    is_duplicate: bool,
}

/// The columns of the newest override; all absent when there is none.
#[derive(sqlx::FromRow)]
struct OverrideColumns {
    override_outcome: Option<Outcome>,
    override_reason: Option<String>,
    override_actor: Option<String>,
    override_time: Option<Instant>,
}

impl OverrideColumns {
    fn overridden(self) -> Option<Override> {
        Some(Override {
            outcome: self.override_outcome?,
            reason: self.override_reason?,
            actor: self.override_actor?,
            time: self.override_time?,
        })
    }
}

impl From<NominationRow> for Nomination {
    fn from(row: NominationRow) -> Self {
        Self {
            id: row.id,
            cohort: row.cohort,
            urn: row.urn,
            hub: row.hub,
            person: row.person,
            state: row.state,
            submit_time: row.submit_time,
            select_time: row.select_time,
            overridden: row.newest_override.overridden(),
            overrides_count: row.overrides_count,
            withdraw_reason: row.withdraw_reason,
            standing: row.standing.standing(),
            is_duplicate: row.is_duplicate,
            version: row.version,
        }
    }
}

/// A nomination in scope.
pub(super) async fn find_nomination(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    cohort: &CohortId,
    id: &NominationId,
    year: AcademicYear,
) -> Result<Option<Nomination>, Error> {
    let nomination = sql!(
        tx,
        concat!(select_nominations!(), scope::condition!("n."), " AND n.cohort = :cohort AND n.id = :id"),
        ..ScopeKey = scope,
        cohort,
        id,
        year,
    );
    let row: Option<NominationRow> = nomination.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// The nominations of a page; `None` means all.
#[derive(Debug, Clone, Default)]
pub(super) struct NominationFilter {
    pub(super) hub: Option<HubId>,
    pub(super) urn: Option<Urn>,
    pub(super) state: Option<NominationState>,
}

/// A page in order of id. `None` when there is no such cohort.
pub(super) async fn nomination_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    cohort: &CohortId,
    filter: &NominationFilter,
    year: AcademicYear,
    after: Option<&NominationId>,
    limit: i64,
) -> Result<Option<Vec<Nomination>>, Error> {
    let page = sql!(
        tx,
        child_page!(
            "SELECT id AS parent_id FROM cohort WHERE id = :cohort",
            "id",
            concat!(
                select_nominations!(), scope::condition!("n."),
                " AND n.cohort = :cohort AND (:hub = '' OR n.hub = :hub) AND ", scope::of_lineage!("n."), "
                     AND (:state = '' OR n.state = :state) AND n.id > :after
                 ORDER BY n.id LIMIT :limit"
            ),
            "page.id"
        ),
        ..ScopeKey = scope,
        cohort,
        hub = filter.hub.as_ref().map_or("", HubId::as_str),
        urn = filter.urn.map_or(0, Urn::number),
        state = filter.state.map_or("", NominationState::as_str),
        year,
        after = after.map_or("", NominationId::as_str),
        limit,
    );
    let rows: Vec<Child<NominationRow>> = page.fetch_all().await?;
    Ok(Child::page(rows).map(|(_, rows)| rows.into_iter().map(Into::into).collect()))
}

/// The first submitted nominations by rank, of a hub or of the nation, without duplicates. The cohort is locked.
pub(super) async fn nomination_first(
    tx: &mut Tx<'_>,
    selection: &Selection,
    year: AcademicYear,
) -> Result<Vec<Nomination>, Error> {
    let first = sql!(
        tx,
        concat!(
            select_nominations!(),
            "n.cohort = :cohort AND n.state = 'submitted' AND (:hub = '' OR n.hub = :hub) AND e.rank IS NOT NULL AND NOT ",
            is_duplicate!(),
            " ORDER BY e.rank LIMIT :selections_count"
        ),
        year,
        cohort = selection.cohort,
        hub = selection.hub.as_ref().map_or("", HubId::as_str),
        selections_count = selection.selections_count,
    );
    let rows: Vec<NominationRow> = first.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The number of submitted nominations that are not in the newest ranking. The cohort is locked.
pub(super) async fn unranked_count(tx: &mut Tx<'_>, cohort: &CohortId) -> Result<i64, Error> {
    let unranked = sql!(
        tx,
        "SELECT COUNT(*) FROM nomination n JOIN cohort c ON c.id = n.cohort
         WHERE n.cohort = :cohort AND n.state = 'submitted' AND NOT EXISTS (
             SELECT 1 FROM ranking_entry e
             WHERE e.cohort = n.cohort AND e.ranking_number = c.rankings_count AND e.nomination = n.id)",
        cohort,
    );
    let (count,) = unranked.fetch_one().await?;
    Ok(count)
}

/// The records of specialists about a person: the mirror, nominations and the decisions about them. The reasons are texts that people wrote.
pub(crate) fn person_records<'a>(tx: &'a mut Tx<'_>, page: PersonRecordPage) -> BoxFuture<'a, Result<Vec<PersonRecord>, Error>> {
    Box::pin(async move {
        let records = sql!(
            tx,
            service::person_records!(concat!(
                mirror::person_records!(),
                " UNION ALL
                 SELECT 'nomination', n.id, '-', 'cohorts/' || n.cohort || '/nominations/' || n.id,
                     'was nominated by schools/' || CAST(n.urn AS TEXT) || ' through hubs/' || n.hub || '; ' || n.state
                         || COALESCE(': ' || n.withdraw_reason, '')
                 FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN nomination n ON n.person = same.id
                 WHERE asked.id = :person
                 UNION ALL
                 SELECT 'nomination-override', n.id, CAST(o.number AS TEXT), 'cohorts/' || n.cohort || '/nominations/' || n.id,
                     'decision ' || CAST(o.number AS TEXT) || ': ' || o.outcome || ': ' || o.reason
                 FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN nomination n ON n.person = same.id
                     JOIN nomination_override o ON o.nomination = n.id
                 WHERE asked.id = :person
                 UNION ALL
                 SELECT 'ranking-entry', n.id, CAST(e.ranking_number AS TEXT), 'cohorts/' || n.cohort || '/nominations/' || n.id,
                     'has rank ' || CAST(e.rank AS TEXT) || ' in ranking ' || CAST(e.ranking_number AS TEXT)
                 FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN nomination n ON n.person = same.id
                     JOIN ranking_entry e ON e.cohort = n.cohort AND e.nomination = n.id
                 WHERE asked.id = :person"
            )),
            ..PersonRecordPage = page,
        );
        records.fetch_all().await
    })
}

/// False when the person has a live nomination, which another request made in the meantime.
pub(super) async fn nomination_insert(tx: &mut Tx<'_>, nomination: &Nomination) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO nomination (id, cohort, urn, hub, person, state, submit_time, overrides_count, version, is_live)
         VALUES (:id, :cohort, :urn, :hub, :person, :state, :submit_time, :overrides_count, :version, TRUE)
         ON CONFLICT (person) WHERE is_live DO NOTHING",
        id = nomination.id,
        cohort = nomination.cohort,
        urn = nomination.urn,
        hub = nomination.hub,
        person = nomination.person,
        state = nomination.state,
        submit_time = nomination.submit_time,
        overrides_count = nomination.overrides_count,
        version = nomination.version,
    );
    Ok(inserted.execute().await? == 1)
}

/// Writes the next version of a nomination. The academic year decides with the state whether it is live. False when another request wrote it first. A
/// unique violation when the person has another live nomination.
pub(super) async fn nomination_update(
    tx: &mut Tx<'_>,
    before: &Nomination,
    next: &Nomination,
    year: AcademicYear,
) -> Result<bool, Error> {
    let updated = sql!(
        tx,
        "UPDATE nomination SET state = :state, select_time = :select_time, overrides_count = :overrides_count,
             withdraw_reason = :withdraw_reason, version = :version,
             is_live = :state IN ('submitted', 'selected') AND EXISTS (
                 SELECT 1 FROM cohort WHERE cohort.id = nomination.cohort AND cohort.last_academic_year >= :year)
         WHERE id = :id AND version = :version_before",
        state = next.state,
        select_time = next.select_time,
        overrides_count = next.overrides_count,
        withdraw_reason = next.withdraw_reason,
        version = next.version,
        year,
        id = next.id,
        version_before = before.version,
    );
    Ok(updated.execute().await? == 1)
}

/// Inserts the newest decision about a nomination, beside the earlier ones.
pub(super) async fn override_insert(tx: &mut Tx<'_>, decided: &Nomination) -> Result<(), Error> {
    let decision = decided.overridden.as_ref().expect("the nomination was decided");
    let inserted = sql!(
        tx,
        "INSERT INTO nomination_override (nomination, number, outcome, reason, actor, override_time)
         VALUES (:nomination, :number, :outcome, :reason, :actor, :override_time)",
        nomination = decided.id,
        number = decided.overrides_count,
        outcome = decision.outcome,
        reason = decision.reason,
        actor = decision.actor,
        override_time = decision.time,
    );
    inserted.execute().await.map(drop)
}

/// Selects these nominations in one statement, and keeps in the list those that were still submitted: one may have lapsed by a nomination for another
/// cohort.
pub(super) async fn nomination_select(tx: &mut Tx<'_>, chosen: &mut Vec<Nomination>, now: Instant) -> Result<(), Error> {
    if chosen.is_empty() {
        return Ok(());
    }
    let updated = sql!(
        tx,
        "UPDATE nomination SET state = 'selected', select_time = :now, version = version + 1
         WHERE state = 'submitted' AND id IN (:ids) RETURNING id",
        now,
        ids = [nomination in chosen.iter() => nomination.id],
    );
    let rows: Vec<(NominationId,)> = updated.fetch_all().await?;
    let selected: HashSet<NominationId> = rows.into_iter().map(|(id,)| id).collect();
    chosen.retain(|nomination| selected.contains(&nomination.id));
    Ok(())
}
