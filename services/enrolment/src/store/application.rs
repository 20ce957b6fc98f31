//! Applications, one by one and in pages.

use db::{Child, Error, Tx, child_page, sql};
use mirror::LINEAGE_URNS_MAX;
use time::Instant;

use super::{
    ScopeKey, in_scope, locking, referring,
    row::{ApplicationRow, AppliedRow, GroundRow},
};
use crate::domain::{Application, ApplicationId, ApplicationState, Ground, Round, RoundId};

macro_rules! columns {
    () => {
        "id, round, urn, hub, programme, state, queue_number, coldness_ppm, coldness_old_la_code, coldness_education_phase,
         reach_publication, submit_time, offer_expire_time, participation, claims_count, withdraw_reason, version"
    };
}
pub(super) use columns;

macro_rules! by_id {
    () => {
        concat!("SELECT ", columns!(), " FROM application WHERE ", in_scope!(), " AND round = $4 AND id = $5")
    };
}

/// Columns and tables of one and its round; more of each can be joined.
macro_rules! with_round {
    ($columns:literal, $joins:expr) => {
        concat!(
            "SELECT application.*, round.display_name AS round_display_name, round.academic_year AS round_academic_year,
                 round.window_start_date AS round_window_start_date, round.window_end_date AS round_window_end_date,
                 round.offer_days_count AS round_offer_days_count, round.programmes AS round_programmes,
                 round.place_order_policies AS round_place_order_policies, round.version AS round_version",
            $columns,
            " FROM (",
            by_id!(),
            ") application JOIN round ON round.id = application.round",
            $joins
        )
    };
}

/// One that lies in scope.
pub(crate) async fn find_application(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    round: &RoundId,
    id: &ApplicationId,
) -> Result<Option<Application>, Error> {
    let row: Option<ApplicationRow> = sql!(tx, conn => sqlx::query_as(by_id!())
        .bind(&scope.hub).bind(scope.urn).bind(&scope.today).bind(round.as_str()).bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// One that lies in scope, and its round.
pub(crate) async fn find_application_and_round(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    round: &RoundId,
    id: &ApplicationId,
) -> Result<Option<(Application, Round)>, Error> {
    let row: Option<AppliedRow> = sql!(tx, conn => sqlx::query_as(with_round!("", ""))
        .bind(&scope.hub).bind(scope.urn).bind(&scope.today).bind(round.as_str()).bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// One that lies in scope, its round, and what it stands on today.
pub(crate) async fn find_application_and_ground(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    round: &RoundId,
    id: &ApplicationId,
) -> Result<Option<(Application, Round, Ground)>, Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        #[sqlx(flatten)]
        applied: AppliedRow,
        #[sqlx(flatten)]
        ground: GroundRow,
    }
    let rows: Vec<Row> = sql!(tx, conn => sqlx::query_as(with_round!(
        ", member.urn AS member_urn, member.old_la_code AS member_old_la_code, member.education_phase AS member_education_phase,
             member.register_reason AS member_register_reason, hub.start_date AS hub_start_date, hub.end_date AS hub_end_date",
        concat!("
         LEFT JOIN (", mirror::descendants!("(SELECT urn FROM application WHERE round = $4 AND id = $5)", "$3"), ") heir ON TRUE
         LEFT JOIN school member ON member.urn = heir.urn AND member.listed
         LEFT JOIN hub ON hub.id = application.hub
         ORDER BY heir.urn LIMIT $6")))
        .bind(&scope.hub).bind(scope.urn).bind(&scope.today).bind(round.as_str()).bind(id.as_str()).bind(LINEAGE_URNS_MAX)
        .fetch_all(conn).await)?;
    let (applied, ground): (Vec<AppliedRow>, Vec<GroundRow>) = rows.into_iter().map(|row| (row.applied, row.ground)).unzip();
    let Some(first) = applied.into_iter().next() else { return Ok(None) };
    let (application, round): (Application, Round) = first.into();
    let ground = GroundRow::together(&application.hub, ground);
    Ok(Some((application, round, ground)))
}

/// To change it.
pub(crate) async fn find_application_held(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    round: &RoundId,
    id: &ApplicationId,
) -> Result<Option<Application>, Error> {
    let text = locking(tx, by_id!());
    let row: Option<ApplicationRow> = sql!(tx, conn => sqlx::query_as(text)
        .bind(&scope.hub).bind(scope.urn).bind(&scope.today).bind(round.as_str()).bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// What a page holds: empty and 0 mean all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) hub: String,
    pub(crate) urn: i64,
    pub(crate) state: &'static str,
}

/// A page in order of id. `None` when there is no such round.
pub(crate) async fn application_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    round: &RoundId,
    filter: &Filter,
    after: &str,
    limit: i64,
) -> Result<Option<Vec<Application>>, Error> {
    let rows: Vec<Child<ApplicationRow>> = sql!(tx, conn => sqlx::query_as(child_page!(
        "SELECT id AS parent_id FROM round WHERE id = $4",
        "id",
        concat!("SELECT ", columns!(), " FROM application
         WHERE ", in_scope!(), " AND round = $4 AND ($5 = '' OR hub = $5) AND ($6 = 0 OR urn = $6) AND ($7 = '' OR state = $7) AND id > $8
         ORDER BY id LIMIT $9"),
        "page.id"))
        .bind(&scope.hub).bind(scope.urn).bind(&scope.today).bind(round.as_str())
        .bind(&filter.hub).bind(filter.urn).bind(filter.state).bind(after).bind(limit).fetch_all(conn).await)?;
    Ok(Child::page(rows).map(|(_, rows)| rows.into_iter().map(Into::into).collect()))
}

/// False when the programme has left its round.
pub(crate) async fn application_insert(tx: &mut Tx<'_>, application: &Application) -> Result<bool, Error> {
    let inserted = sql!(tx, conn => sqlx::query(
        "INSERT INTO application (id, round, urn, hub, programme, state, claims_count, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(application.id.as_str()).bind(application.round.as_str()).bind(application.urn.number()).bind(application.hub.as_str())
        .bind(application.programme.as_str()).bind(application.state.as_str()).bind(application.claims_count).bind(application.version)
        .execute(conn).await.map(drop));
    Ok(referring(inserted)?.is_some())
}

/// Writes the next version of an application. False when somebody else wrote it first.
pub(crate) async fn application_update(tx: &mut Tx<'_>, next: &Application) -> Result<bool, Error> {
    let coldness = next.coldness.as_ref();
    let written = sql!(tx, conn => sqlx::query(
        "UPDATE application SET state = $2, queue_number = $3, coldness_ppm = $4, coldness_old_la_code = $5,
             coldness_education_phase = $6, reach_publication = $7, submit_time = $8, participation = $9, claims_count = $10,
             withdraw_reason = $11, version = $12
         WHERE id = $1 AND version = $12 - 1")
        .bind(next.id.as_str()).bind(next.state.as_str()).bind(next.queue_number)
        .bind(coldness.map(|coldness| i64::from(coldness.ppm))).bind(coldness.map(|coldness| coldness.old_la_code.as_str()))
        .bind(coldness.map(|coldness| coldness.phase.number())).bind(coldness.map(|coldness| coldness.publication.as_str()))
        .bind(next.submit_time.map(Instant::micros)).bind(next.participation.as_ref().map(|id| id.as_str()))
        .bind(next.claims_count).bind(next.withdraw_reason.as_deref()).bind(next.version)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(written == 1)
}

/// How a state is asked for in a filter; `None` for all.
pub(crate) fn state_filter(state: Option<ApplicationState>) -> &'static str {
    state.map_or("", ApplicationState::as_str)
}
