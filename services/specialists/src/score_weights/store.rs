//! Rows of the versions of the weights.

use db::{Error, Tx, sql};
use name::DecisionId;
use time::Date;

use super::{ScoreWeights, Weights};

macro_rules! columns {
    () => {
        "version, start_date, decision, prior_schools_count, area_permille, region_permille"
    };
}

#[derive(sqlx::FromRow)]
struct ScoreWeightsRow {
    version: i64,
    start_date: Date,
    decision: DecisionId,
    prior_schools_count: i64,
    area_permille: i64,
    region_permille: i64,
}

impl From<ScoreWeightsRow> for ScoreWeights {
    fn from(row: ScoreWeightsRow) -> Self {
        let weights = Weights {
            prior_schools: row.prior_schools_count,
            area_permille: row.area_permille,
            region_permille: row.region_permille,
        };
        Self { version: row.version, start: row.start_date, decision: row.decision, weights }
    }
}

/// The newest version.
pub(super) async fn find_score_weights_last(tx: &mut Tx<'_>) -> Result<Option<ScoreWeights>, Error> {
    let last = sql!(tx, concat!("SELECT ", columns!(), " FROM score_weights ORDER BY version DESC LIMIT 1"));
    let row: Option<ScoreWeightsRow> = last.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// The version in force on a day: the newest that begins on that day or before.
pub(crate) async fn find_score_weights_on(tx: &mut Tx<'_>, day: Date) -> Result<Option<ScoreWeights>, Error> {
    let in_force = sql!(
        tx,
        concat!("SELECT ", columns!(), " FROM score_weights WHERE start_date <= :day ORDER BY version DESC LIMIT 1"),
        day,
    );
    let row: Option<ScoreWeightsRow> = in_force.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// A page in order of version.
pub(super) async fn score_weights_page(tx: &mut Tx<'_>, after: i64, limit: i64) -> Result<Vec<ScoreWeights>, Error> {
    let page = sql!(
        tx,
        concat!("SELECT ", columns!(), " FROM score_weights WHERE version > :after ORDER BY version LIMIT :limit"),
        after,
        limit,
    );
    let rows: Vec<ScoreWeightsRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// False when the version is published already.
pub(super) async fn score_weights_insert(tx: &mut Tx<'_>, next: &ScoreWeights) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        concat!(
            "INSERT INTO score_weights (",
            columns!(),
            ")
             VALUES (:version, :start_date, :decision, :prior_schools_count, :area_permille, :region_permille)
             ON CONFLICT (version) DO NOTHING"
        ),
        version = next.version,
        start_date = next.start,
        decision = next.decision,
        prior_schools_count = next.weights.prior_schools,
        area_permille = next.weights.area_permille,
        region_permille = next.weights.region_permille,
    );
    Ok(inserted.execute().await? == 1)
}
