//! Figures and areas of a publication.

use db::{Child, Error, Tx, child_page, sql};
use sqlx::AssertSqlSafe;
use time::AcademicYear;

use crate::{
    code::{Code, code_or_zero},
    domain::{
        reach::{Area, Figure, FigureState, Level, Stage},
        register::{Phase, count},
    },
};

/// Rows that one statement writes.
const STATEMENT_ROWS_MAX: usize = 500;
/// Where an area without a rank stands in the order: after every other.
const RANK_LAST: i64 = i32::MAX as i64;

#[derive(sqlx::FromRow)]
struct FigureRow {
    position: i64,
    academic_year: String,
    geographic_level: i64,
    region_code: String,
    old_la_code: String,
    new_la_code: String,
    programme: String,
    education_phase: i64,
    stage: i64,
    state: i64,
    schools_count: Option<i64>,
    schools_reached_count: Option<i64>,
    schools_reached_new_count: Option<i64>,
    schools_reached_permille: Option<i64>,
    schools_reached_since_201415_count: Option<i64>,
    schools_reached_since_201415_permille: Option<i64>,
}

impl FigureRow {
    fn figure(self) -> Figure {
        Figure {
            academic_year: AcademicYear::parse(&self.academic_year).expect("a year that was stored is one"),
            level: Level::stored(self.geographic_level).expect("a constraint keeps levels"),
            region_code: self.region_code,
            old_la_code: self.old_la_code,
            new_la_code: self.new_la_code,
            programme: self.programme,
            phase: Phase::stored(self.education_phase),
            stage: Stage::stored(self.stage).expect("a constraint keeps stages"),
            state: FigureState::stored(self.state).expect("a constraint keeps states"),
            schools: self.schools_count,
            reached: self.schools_reached_count,
            new: self.schools_reached_new_count,
            reached_permille: self.schools_reached_permille,
            since: self.schools_reached_since_201415_count,
            since_permille: self.schools_reached_since_201415_permille,
        }
    }
}

#[derive(sqlx::FromRow)]
struct AreaRow {
    position: i64,
    old_la_code: String,
    new_la_code: String,
    region_code: String,
    programme: String,
    education_phase: i64,
    stage: i64,
    schools_count: i64,
    schools_never_reached_count: i64,
    region_schools_count: i64,
    region_schools_never_reached_count: i64,
    coldness_ppm: i64,
    rank: i64,
}

impl AreaRow {
    fn area(self) -> Area {
        Area {
            old_la_code: self.old_la_code,
            new_la_code: self.new_la_code,
            region_code: self.region_code,
            programme: self.programme,
            phase: Phase::stored(self.education_phase).expect("a constraint keeps phases"),
            stage: Stage::stored(self.stage).expect("a constraint keeps stages"),
            schools: self.schools_count,
            never: self.schools_never_reached_count,
            region_schools: self.region_schools_count,
            region_never: self.region_schools_never_reached_count,
            coldness_ppm: self.coldness_ppm,
            rank: self.rank,
        }
    }
}

/// Adds the figures of a publication, in their order.
pub(crate) async fn figure_insert(tx: &mut Tx<'_>, publication_id: &str, figures: &[Figure]) -> Result<(), Error> {
    for (chunk_number, chunk) in figures.chunks(STATEMENT_ROWS_MAX).enumerate() {
        let text = format!(
            "INSERT INTO reach_figure (publication_id, position, academic_year, geographic_level, region_code, old_la_code, new_la_code,
                 programme, education_phase, stage, state, schools_count, schools_reached_count, schools_reached_new_count,
                 schools_reached_permille,
                 schools_reached_since_201415_count, schools_reached_since_201415_permille)
             VALUES {}",
            tx.placeholders(chunk.len(), 17)
        );
        sql!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text));
            for (place, figure) in chunk.iter().enumerate() {
                query = query
                    .bind(publication_id).bind(count(chunk_number * STATEMENT_ROWS_MAX + place)).bind(figure.academic_year.to_string())
                    .bind(i64::from(figure.level.code())).bind(&figure.region_code).bind(&figure.old_la_code)
                    .bind(&figure.new_la_code).bind(&figure.programme).bind(i64::from(code_or_zero(figure.phase)))
                    .bind(i64::from(figure.stage.code())).bind(i64::from(figure.state.code())).bind(figure.schools)
                    .bind(figure.reached).bind(figure.new).bind(figure.reached_permille).bind(figure.since).bind(figure.since_permille);
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

/// Adds the areas of a publication.
pub(crate) async fn area_insert(tx: &mut Tx<'_>, publication_id: &str, areas: &[Area]) -> Result<(), Error> {
    for (chunk_number, chunk) in areas.chunks(STATEMENT_ROWS_MAX).enumerate() {
        let text = format!(
            "INSERT INTO cold_area (publication_id, position, old_la_code, new_la_code, region_code, programme, education_phase, stage,
                 schools_count, schools_never_reached_count, region_schools_count, region_schools_never_reached_count, coldness_ppm, rank)
             VALUES {}",
            tx.placeholders(chunk.len(), 14)
        );
        sql!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text));
            for (place, area) in chunk.iter().enumerate() {
                query = query
                    .bind(publication_id).bind(count(chunk_number * STATEMENT_ROWS_MAX + place)).bind(&area.old_la_code)
                    .bind(&area.new_la_code).bind(&area.region_code).bind(&area.programme).bind(i64::from(area.phase.code()))
                    .bind(i64::from(area.stage.code())).bind(area.schools).bind(area.never).bind(area.region_schools)
                    .bind(area.region_never).bind(area.coldness_ppm).bind(area.rank);
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

/// Which figures are listed. What is `None` or empty does not filter.
#[derive(Debug, Clone, Default)]
pub(crate) struct FigureFilter {
    pub(crate) academic_year: String,
    pub(crate) level: Option<Level>,
    pub(crate) programme: String,
}

/// The publication that is asked for, or the newest.
macro_rules! publication {
    () => {
        "SELECT publication_id AS parent_id FROM reach_publication
         WHERE publication_id = $1 OR CAST($1 AS TEXT) IS NULL ORDER BY number DESC LIMIT 1"
    };
}

/// Figures of a publication, or of the newest, after a position, each with its position. `None` when there is no such publication.
pub(crate) async fn figure_list(
    tx: &mut Tx<'_>,
    id: Option<&str>,
    filter: &FigureFilter,
    after: i64,
    limit: i64,
) -> Result<Option<(String, Vec<(i64, Figure)>)>, Error> {
    let level = i64::from(code_or_zero(filter.level));
    let rows: Vec<Child<FigureRow>> = sql!(tx, conn => sqlx::query_as(child_page!(
        publication!(),
        "position",
        concat!("SELECT * FROM reach_figure
         WHERE publication_id = (", publication!(), ") AND position > $2
             AND ($3 = '' OR academic_year = $3) AND (CAST($4 AS BIGINT) = 0 OR geographic_level = CAST($4 AS BIGINT))
             AND ($5 = '' OR programme = $5)
         ORDER BY position LIMIT $6"),
        "page.position"))
        .bind(id).bind(after).bind(&filter.academic_year).bind(level).bind(&filter.programme).bind(limit).fetch_all(conn).await)?;
    Ok(Child::page(rows).map(|(id, rows)| (id, rows.into_iter().map(|row| (row.position, row.figure())).collect())))
}

/// Which areas are listed. What is `None` or empty does not filter.
#[derive(Debug, Clone, Default)]
pub(crate) struct AreaFilter {
    pub(crate) programme: String,
    pub(crate) phase: Option<Phase>,
}

/// Where an area stands in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AreaKey {
    pub(crate) programme: String,
    pub(crate) phase: i64,
    pub(crate) rank: i64,
    pub(crate) position: i64,
}

/// Areas of a publication, or of the newest, after a key, each with its key; as [`figure_list`].
pub(crate) async fn area_list(
    tx: &mut Tx<'_>,
    id: Option<&str>,
    filter: &AreaFilter,
    after: &AreaKey,
    limit: i64,
) -> Result<Option<(String, Vec<(AreaKey, Area)>)>, Error> {
    let phase = i64::from(code_or_zero(filter.phase));
    let rows: Vec<Child<AreaRow>> = sql!(tx, conn => sqlx::query_as(child_page!(
        publication!(),
        "position",
        concat!("SELECT cold_area.*, CASE WHEN rank = 0 THEN 2147483647 ELSE rank END AS rank_key FROM cold_area
         WHERE publication_id = (", publication!(), ")
             AND (programme, education_phase, CASE WHEN rank = 0 THEN 2147483647 ELSE rank END, position) > ($2, $3, $4, $5)
             AND ($6 = '' OR programme = $6) AND (CAST($7 AS BIGINT) = 0 OR education_phase = CAST($7 AS BIGINT))
         ORDER BY programme, education_phase, CASE WHEN rank = 0 THEN 2147483647 ELSE rank END, position LIMIT $8"),
        "page.programme, page.education_phase, page.rank_key, page.position"))
        .bind(id).bind(&after.programme).bind(after.phase).bind(after.rank).bind(after.position)
        .bind(&filter.programme).bind(phase).bind(limit).fetch_all(conn).await)?;
    let keyed = |row: AreaRow| {
        let rank = if row.rank == 0 { RANK_LAST } else { row.rank };
        let key = AreaKey { programme: row.programme.clone(), phase: row.education_phase, rank, position: row.position };
        (key, row.area())
    };
    Ok(Child::page(rows).map(|(id, rows)| (id, rows.into_iter().map(keyed).collect())))
}
