//! Cohorts.

use db::{Error, Tx, sql};
use time::Instant;

use super::{Hold, holding, row::CohortRow};
use crate::domain::{Cohort, CohortId};

macro_rules! columns {
    () => {
        "id, display_name, number, education_phase, programme, first_academic_year, window_start_date, window_end_date, years,
         rankings_count, select_time, version"
    };
}

macro_rules! by_id {
    () => {
        concat!("SELECT ", columns!(), " FROM cohort WHERE id = $1")
    };
}

pub(crate) async fn find_cohort(tx: &mut Tx<'_>, id: &CohortId) -> Result<Option<Cohort>, Error> {
    let row: Option<CohortRow> = sql!(tx, conn => sqlx::query_as(by_id!()).bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// To change its nominations.
pub(crate) async fn find_cohort_held(tx: &mut Tx<'_>, id: &CohortId, hold: Hold) -> Result<Option<Cohort>, Error> {
    let text = holding(tx, by_id!(), hold);
    let row: Option<CohortRow> = sql!(tx, conn => sqlx::query_as(text).bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// A page in order of id.
pub(crate) async fn cohort_page(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Cohort>, Error> {
    let rows: Vec<CohortRow> = sql!(tx, conn => sqlx::query_as(
        concat!("SELECT ", columns!(), " FROM cohort WHERE id > $1 ORDER BY id LIMIT $2"))
        .bind(after).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// False when the id is taken, or the number for the programme and phase.
pub(crate) async fn cohort_insert(tx: &mut Tx<'_>, cohort: &Cohort) -> Result<bool, Error> {
    let row = CohortRow::from(cohort);
    let new = sql!(tx, conn => sqlx::query(concat!(
        "INSERT INTO cohort (", columns!(), ", last_academic_year) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT DO NOTHING"))
        .bind(&row.id).bind(&row.display_name).bind(row.number).bind(row.education_phase).bind(&row.programme)
        .bind(&row.first_academic_year).bind(&row.window_start_date).bind(&row.window_end_date).bind(&row.years)
        .bind(row.rankings_count).bind(row.select_time).bind(row.version).bind(cohort.last_academic_year().to_string())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(new == 1)
}

/// The cohort, which is held, has a ranking more.
pub(crate) async fn cohort_ranked(tx: &mut Tx<'_>, id: &CohortId) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("UPDATE cohort SET rankings_count = rankings_count + 1, version = version + 1 WHERE id = $1")
        .bind(id.as_str()).execute(conn).await.map(drop))?;
    Ok(())
}

/// The first of the cohort, which is held, is selected now; later ones change nothing.
pub(crate) async fn cohort_selected(tx: &mut Tx<'_>, id: &CohortId, now: Instant) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query(
        "UPDATE cohort SET select_time = $2, version = version + 1 WHERE id = $1 AND select_time IS NULL")
        .bind(id.as_str()).bind(now.micros()).execute(conn).await.map(drop))?;
    Ok(())
}
