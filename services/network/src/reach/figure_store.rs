//! Rows of figures and areas.

use db::{Child, Error, Tx, child_page, sql};
use name::Phase;
use time::AcademicYear;

use super::{
    ColdArea, Figure, FigureState, Level, PublicationId, ReachProgramme, Stage,
    list_cold_areas::{AreaFilter, AreaKey},
    list_reach_figures::FigureFilter,
};
use crate::{register::count_of, school::column::PhaseOrZero};

/// Rows that one statement writes.
const STATEMENT_ROWS_MAX: usize = 500;

/// The publication with an id, or the newest.
macro_rules! publication {
    () => {
        "SELECT publication_id AS parent_id FROM reach_publication
         WHERE publication_id = :id OR CAST(:id AS TEXT) IS NULL ORDER BY number DESC LIMIT 1"
    };
}

/// The rank of an area in the order of a list: areas without a rank come last.
macro_rules! rank_key {
    () => {
        "CASE WHEN rank = 0 THEN 2147483647 ELSE rank END"
    };
}

#[derive(sqlx::FromRow)]
struct FigureRow {
    position: i64,
    academic_year: AcademicYear,
    geographic_level: Level,
    region_code: String,
    old_la_code: String,
    new_la_code: String,
    programme: ReachProgramme,
    education_phase: PhaseOrZero,
    stage: Stage,
    state: FigureState,
    schools_count: Option<i64>,
    schools_reached_count: Option<i64>,
    schools_reached_new_count: Option<i64>,
    schools_reached_permille: Option<i64>,
    schools_reached_since_201415_count: Option<i64>,
    schools_reached_since_201415_permille: Option<i64>,
}

impl From<FigureRow> for Figure {
    fn from(row: FigureRow) -> Self {
        Self {
            academic_year: row.academic_year,
            level: row.geographic_level,
            region_code: row.region_code,
            old_la_code: row.old_la_code,
            new_la_code: row.new_la_code,
            programme: row.programme,
            phase: row.education_phase.0,
            stage: row.stage,
            state: row.state,
            schools: row.schools_count,
            reached: row.schools_reached_count,
            new: row.schools_reached_new_count,
            reached_permille: row.schools_reached_permille,
            since: row.schools_reached_since_201415_count,
            since_permille: row.schools_reached_since_201415_permille,
        }
    }
}

#[derive(sqlx::FromRow)]
struct AreaRow {
    position: i64,
    old_la_code: String,
    new_la_code: String,
    region_code: String,
    programme: ReachProgramme,
    education_phase: Phase,
    stage: Stage,
    schools_count: i64,
    schools_never_reached_count: i64,
    region_schools_count: i64,
    region_schools_never_reached_count: i64,
    coldness_ppm: i64,
    rank: i64,
    rank_key: i64,
}

impl AreaRow {
    fn key(&self) -> AreaKey {
        let (programme, phase) = (self.programme.as_str().to_owned(), self.education_phase.number());
        AreaKey { programme, phase, rank: self.rank_key, position: self.position }
    }
}

impl From<AreaRow> for ColdArea {
    fn from(row: AreaRow) -> Self {
        Self {
            old_la_code: row.old_la_code,
            new_la_code: row.new_la_code,
            region_code: row.region_code,
            programme: row.programme,
            phase: row.education_phase,
            stage: row.stage,
            schools: row.schools_count,
            never: row.schools_never_reached_count,
            region_schools: row.region_schools_count,
            region_never: row.region_schools_never_reached_count,
            coldness_ppm: row.coldness_ppm,
            rank: row.rank,
        }
    }
}

/// Adds the figures of a publication, in their order.
pub(super) async fn figure_insert(tx: &mut Tx<'_>, publication: &PublicationId, figures: &[Figure]) -> Result<(), Error> {
    for (number, chunk) in figures.chunks(STATEMENT_ROWS_MAX).enumerate() {
        let first = count_of(number * STATEMENT_ROWS_MAX);
        let inserted = sql!(
            tx,
            "INSERT INTO reach_figure (publication_id, position, academic_year, geographic_level, region_code, old_la_code, new_la_code,
                 programme, education_phase, stage, state, schools_count, schools_reached_count, schools_reached_new_count,
                 schools_reached_permille, schools_reached_since_201415_count, schools_reached_since_201415_permille)
             VALUES :figures",
            figures = [
                (position, figure) in (first..).zip(chunk) =>
                publication, position, figure.academic_year, figure.level, figure.region_code, figure.old_la_code,
                figure.new_la_code, figure.programme, PhaseOrZero(figure.phase), figure.stage, figure.state, figure.schools,
                figure.reached, figure.new, figure.reached_permille, figure.since, figure.since_permille
            ],
        );
        inserted.execute().await?;
    }
    Ok(())
}

/// Adds the areas of a publication, in their order.
pub(super) async fn area_insert(tx: &mut Tx<'_>, publication: &PublicationId, areas: &[ColdArea]) -> Result<(), Error> {
    for (number, chunk) in areas.chunks(STATEMENT_ROWS_MAX).enumerate() {
        let first = count_of(number * STATEMENT_ROWS_MAX);
        let inserted = sql!(
            tx,
            "INSERT INTO cold_area (publication_id, position, old_la_code, new_la_code, region_code, programme, education_phase, stage,
                 schools_count, schools_never_reached_count, region_schools_count, region_schools_never_reached_count, coldness_ppm,
                 rank)
             VALUES :areas",
            areas = [
                (position, area) in (first..).zip(chunk) =>
                publication, position, area.old_la_code, area.new_la_code, area.region_code, area.programme, area.phase, area.stage,
                area.schools, area.never, area.region_schools, area.region_never, area.coldness_ppm, area.rank
            ],
        );
        inserted.execute().await?;
    }
    Ok(())
}

/// The id of a publication, or of the newest, and its figures after a position, each with its position. `None` when there is no such publication.
pub(super) async fn figure_page(
    tx: &mut Tx<'_>,
    id: Option<&PublicationId>,
    filter: &FigureFilter,
    after: i64,
    limit: i64,
) -> Result<Option<(String, Vec<(i64, Figure)>)>, Error> {
    let page = sql!(
        tx,
        child_page!(
            publication!(),
            "position",
            concat!(
                "SELECT * FROM reach_figure
                 WHERE publication_id = (",
                publication!(),
                ") AND position > :after
                     AND (CAST(:academic_year AS TEXT) IS NULL OR academic_year = :academic_year)
                     AND (CAST(:level AS BIGINT) IS NULL OR geographic_level = :level)
                     AND (CAST(:programme AS TEXT) IS NULL OR programme = :programme)
                 ORDER BY position LIMIT :limit"
            ),
            "page.position"
        ),
        id,
        after,
        academic_year = filter.academic_year,
        level = filter.level,
        programme = filter.programme,
        limit,
    );
    let rows: Vec<Child<FigureRow>> = page.fetch_all().await?;
    Ok(Child::page(rows).map(|(id, rows)| (id, rows.into_iter().map(|row| (row.position, row.into())).collect())))
}

/// The id of a publication, or of the newest, and its areas after a key, each with its key. `None` when there is no such publication.
pub(super) async fn area_page(
    tx: &mut Tx<'_>,
    id: Option<&PublicationId>,
    filter: &AreaFilter,
    after: &AreaKey,
    limit: i64,
) -> Result<Option<(String, Vec<(AreaKey, ColdArea)>)>, Error> {
    let page = sql!(
        tx,
        child_page!(
            publication!(),
            "position",
            concat!(
                "SELECT cold_area.*, ",
                rank_key!(),
                " AS rank_key FROM cold_area
                 WHERE publication_id = (",
                publication!(),
                ")
                     AND (programme, education_phase, ",
                rank_key!(),
                ", position)
                         > (:after_programme, :after_phase, :after_rank, :after_position)
                     AND (CAST(:programme AS TEXT) IS NULL OR programme = :programme)
                     AND (CAST(:phase AS BIGINT) = 0 OR education_phase = :phase)
                 ORDER BY programme, education_phase, ",
                rank_key!(),
                ", position LIMIT :limit"
            ),
            "page.programme, page.education_phase, page.rank_key, page.position"
        ),
        id,
        after_programme = after.programme,
        after_phase = after.phase,
        after_rank = after.rank,
        after_position = after.position,
        programme = filter.programme,
        phase = filter.phase,
        limit,
    );
    let rows: Vec<Child<AreaRow>> = page.fetch_all().await?;
    Ok(Child::page(rows).map(|(id, rows)| (id, rows.into_iter().map(|row| (row.key(), row.into())).collect())))
}
