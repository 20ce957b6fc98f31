//! Rows of cohorts.
//!
//! A change of a nomination begins with the lock of its cohort's row: a shared lock to add a nomination, an exclusive lock to rank, select, override or
//! withdraw. So the ranking cannot change while nominations are selected by it. The rows of the person and of the nomination follow, in this order. On
//! SQLite there is one writer, which needs no lock.

use db::{Error, JsonText, Tx, sql};
use name::{Phase, ProgrammeId};
use scope::ScopeKey;
use server::ApiError;
use time::{AcademicYear, Date, Instant};

use super::{Cohort, CohortId, CohortYear, Terms};
use crate::nomination::NominationId;

macro_rules! columns {
    () => {
        "id, display_name, number, education_phase, programme, terms, first_academic_year, window_start_date, window_end_date,
         years, provisional_figures_count, rankings_count, select_time, version"
    };
}

#[derive(sqlx::FromRow)]
struct CohortRow {
    id: CohortId,
    display_name: String,
    number: i64,
    education_phase: Phase,
    programme: ProgrammeId,
    terms: JsonText<Terms>,
    first_academic_year: AcademicYear,
    window_start_date: Date,
    window_end_date: Date,
    years: JsonText<Vec<CohortYear>>,
    provisional_figures_count: bool,
    rankings_count: i64,
    select_time: Option<Instant>,
    version: i64,
}

impl From<CohortRow> for Cohort {
    fn from(row: CohortRow) -> Self {
        Self {
            id: row.id,
            display_name: row.display_name,
            number: row.number,
            phase: row.education_phase,
            programme: row.programme,
            terms: row.terms.0,
            first_academic_year: row.first_academic_year,
            window_start: row.window_start_date,
            window_end: row.window_end_date,
            years: row.years.0,
            provisional_figures_count: row.provisional_figures_count,
            rankings_count: row.rankings_count,
            select_time: row.select_time,
            version: row.version,
        }
    }
}

fn found(row: Option<CohortRow>, id: &CohortId) -> Result<Cohort, service::Error> {
    Ok(row.ok_or_else(|| ApiError::not_found(&id.to_string()))?.into())
}

/// NOT_FOUND when there is no such cohort.
pub(super) async fn cohort_by_id(tx: &mut Tx<'_>, id: &CohortId) -> Result<Cohort, service::Error> {
    let cohort = sql!(tx, concat!("SELECT ", columns!(), " FROM cohort WHERE id = :id"), id);
    found(cohort.fetch_optional().await?, id)
}

/// With a shared lock, to add a nomination. NOT_FOUND when there is no such cohort.
pub(crate) async fn cohort_by_id_for_share(tx: &mut Tx<'_>, id: &CohortId) -> Result<Cohort, service::Error> {
    let cohort = sql!(tx, concat!("SELECT ", columns!(), " FROM cohort WHERE id = :id {postgres FOR SHARE}"), id);
    found(cohort.fetch_optional().await?, id)
}

/// Locked, to rank or select its nominations. NOT_FOUND when there is no such cohort.
pub(crate) async fn cohort_by_id_for_update(tx: &mut Tx<'_>, id: &CohortId) -> Result<Cohort, service::Error> {
    let cohort = sql!(tx, concat!("SELECT ", columns!(), " FROM cohort WHERE id = :id {postgres FOR UPDATE}"), id);
    found(cohort.fetch_optional().await?, id)
}

/// Locked, to override or withdraw a nomination. `None`, and no lock, when the scope has no such nomination.
pub(crate) async fn find_cohort_of_nomination_for_update(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    id: &CohortId,
    nomination: &NominationId,
) -> Result<Option<Cohort>, Error> {
    let cohort = sql!(
        tx,
        concat!(
            "SELECT ",
            columns!(),
            " FROM cohort WHERE id = :id AND EXISTS (
                 SELECT 1 FROM nomination WHERE ",
            scope::condition!("nomination."),
            " AND nomination.cohort = :id AND nomination.id = :nomination) {postgres FOR UPDATE}"
        ),
        ..ScopeKey = scope,
        id,
        nomination,
    );
    let row: Option<CohortRow> = cohort.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// A page in order of id.
pub(super) async fn cohort_page(tx: &mut Tx<'_>, after: Option<&CohortId>, limit: i64) -> Result<Vec<Cohort>, Error> {
    let page = sql!(
        tx,
        concat!("SELECT ", columns!(), " FROM cohort WHERE id > :after ORDER BY id LIMIT :limit"),
        after = after.map_or("", CohortId::as_str),
        limit
    );
    let rows: Vec<CohortRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// False when the id is taken, or the number for the programme and phase.
pub(super) async fn cohort_insert(tx: &mut Tx<'_>, cohort: &Cohort) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        concat!(
            "INSERT INTO cohort (",
            columns!(),
            ", last_academic_year)
             VALUES (:id, :display_name, :number, :education_phase, :programme, :terms, :first_academic_year,
                 :window_start_date, :window_end_date, :years, :provisional_figures_count, :rankings_count, :select_time, :version, :last_academic_year)
             ON CONFLICT DO NOTHING"
        ),
        id = cohort.id,
        display_name = cohort.display_name,
        number = cohort.number,
        education_phase = cohort.phase,
        programme = cohort.programme,
        terms = JsonText(&cohort.terms),
        first_academic_year = cohort.first_academic_year,
        window_start_date = cohort.window_start,
        window_end_date = cohort.window_end,
        years = JsonText(&cohort.years),
        provisional_figures_count = cohort.provisional_figures_count,
        rankings_count = cohort.rankings_count,
        select_time = cohort.select_time,
        version = cohort.version,
        last_academic_year = cohort.last_academic_year(),
    );
    Ok(inserted.execute().await? == 1)
}

/// Counts another ranking of the cohort, which is locked.
pub(crate) async fn cohort_ranked(tx: &mut Tx<'_>, id: &CohortId) -> Result<(), Error> {
    let updated = sql!(tx, "UPDATE cohort SET rankings_count = rankings_count + 1, version = version + 1 WHERE id = :id", id);
    updated.execute().await.map(drop)
}

/// Records the first selection of the cohort, which is locked. Later selections change nothing.
pub(crate) async fn cohort_selected(tx: &mut Tx<'_>, id: &CohortId, now: Instant) -> Result<(), Error> {
    let updated =
        sql!(tx, "UPDATE cohort SET select_time = :now, version = version + 1 WHERE id = :id AND select_time IS NULL", now, id,);
    updated.execute().await.map(drop)
}
