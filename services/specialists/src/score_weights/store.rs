//! Versions of the weights.

use db::{Error, Tx, sql};
use time::Date;

use super::row::WeightsRow;
use crate::domain::ScoreWeights;

macro_rules! columns {
    () => {
        "version, start_date, decision, prior_schools_count, area_permille, region_permille"
    };
}

/// The newest version.
pub(crate) async fn find_weights_last(tx: &mut Tx<'_>) -> Result<Option<ScoreWeights>, Error> {
    let row: Option<WeightsRow> = sql!(tx, conn => sqlx::query_as(
        concat!("SELECT ", columns!(), " FROM score_weights ORDER BY version DESC LIMIT 1")).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// The version in force on a day: the newest that begins no later.
pub(crate) async fn find_weights_on(tx: &mut Tx<'_>, day: Date) -> Result<Option<ScoreWeights>, Error> {
    let row: Option<WeightsRow> = sql!(tx, conn => sqlx::query_as(
        concat!("SELECT ", columns!(), " FROM score_weights WHERE start_date <= $1 ORDER BY version DESC LIMIT 1"))
        .bind(day.to_string()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// A page in order of version.
pub(crate) async fn weights_page(tx: &mut Tx<'_>, after: i64, limit: i64) -> Result<Vec<ScoreWeights>, Error> {
    let rows: Vec<WeightsRow> = sql!(tx, conn => sqlx::query_as(
        concat!("SELECT ", columns!(), " FROM score_weights WHERE version > $1 ORDER BY version LIMIT $2"))
        .bind(after).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// False when somebody else published this version first.
pub(crate) async fn weights_insert(tx: &mut Tx<'_>, next: &ScoreWeights) -> Result<bool, Error> {
    let new = sql!(tx, conn => sqlx::query(concat!(
        "INSERT INTO score_weights (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (version) DO NOTHING"))
        .bind(next.version).bind(next.start.to_string()).bind(&next.decision).bind(next.weights.prior_schools)
        .bind(next.weights.area_permille).bind(next.weights.region_permille)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(new == 1)
}
