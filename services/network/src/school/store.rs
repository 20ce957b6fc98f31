//! Rows of schools.

use db::{Error, Tx, sql};
use name::Urn;
use server::ApiError;

use super::{
    RegisterEntry, RegisterReason, School,
    column::{DayOrBlank, PhaseOrZero},
    list_schools::SchoolFilter,
};

/// Schools that one statement writes.
const STATEMENT_SCHOOLS_MAX: usize = 500;

macro_rules! columns {
    () => {
        "urn, school_name, old_la_code, former_old_la_code, new_la_code, la_name, region_code, type_code, type_group_code, status_code,
             phase_code, education_phase, open_date, close_date, register_reason, fsm_permille, low_age, high_age, postcode, easting_metres, northing_metres,
             listed, version"
    };
}

#[derive(sqlx::FromRow)]
pub(crate) struct SchoolRow {
    urn: Urn,
    school_name: String,
    old_la_code: String,
    former_old_la_code: String,
    new_la_code: String,
    la_name: String,
    region_code: String,
    type_code: i64,
    type_group_code: i64,
    status_code: i64,
    phase_code: i64,
    education_phase: PhaseOrZero,
    open_date: DayOrBlank,
    close_date: DayOrBlank,
    register_reason: RegisterReason,
    fsm_permille: Option<i64>,
    low_age: Option<i64>,
    high_age: Option<i64>,
    postcode: String,
    easting_metres: Option<i64>,
    northing_metres: Option<i64>,
    listed: bool,
    version: i64,
}

impl From<SchoolRow> for RegisterEntry {
    fn from(row: SchoolRow) -> Self {
        let school = School {
            urn: row.urn,
            school_name: row.school_name.into(),
            old_la_code: row.old_la_code.into(),
            former_old_la_code: row.former_old_la_code.into(),
            new_la_code: row.new_la_code.into(),
            la_name: row.la_name.into(),
            region: geography::region_by_code(&row.region_code),
            type_code: row.type_code,
            type_group_code: row.type_group_code,
            status_code: row.status_code,
            phase_code: row.phase_code,
            phase: row.education_phase.0,
            open_date: row.open_date.0,
            close_date: row.close_date.0,
            reason: row.register_reason,
            fsm_permille: row.fsm_permille,
            low_age: row.low_age,
            high_age: row.high_age,
            postcode: row.postcode.into(),
            coordinates: row.easting_metres.zip(row.northing_metres),
        };
        Self { school, listed: row.listed, version: row.version }
    }
}

/// A school, listed or not. NOT_FOUND when no extract ever listed it.
pub(crate) async fn school_by_urn(tx: &mut Tx<'_>, urn: Urn) -> Result<RegisterEntry, service::Error> {
    let row: Option<SchoolRow> =
        sql!(tx, concat!("SELECT ", columns!(), " FROM school WHERE urn = :urn"), urn).fetch_optional().await?;
    Ok(row.ok_or_else(|| ApiError::not_found(&urn.to_string()))?.into())
}

/// Whether the newest extract lists a school. Its row stays locked on PostgreSQL, so that a second choice of the same school waits for the first. A
/// separate statement: one that also read the choices would read them as they were before it waited.
pub(crate) async fn school_is_listed_for_update(tx: &mut Tx<'_>, urn: Urn) -> Result<bool, Error> {
    let listed = sql!(tx, "SELECT listed FROM school WHERE urn = :urn {postgres FOR NO KEY UPDATE}", urn);
    let row: Option<(bool,)> = listed.fetch_optional().await?;
    Ok(row.is_some_and(|(listed,)| listed))
}

/// Every school, in order of URN. For an import, which compares them all.
pub(crate) async fn school_all(tx: &mut Tx<'_>) -> Result<Vec<RegisterEntry>, Error> {
    let rows: Vec<SchoolRow> = sql!(tx, concat!("SELECT ", columns!(), " FROM school ORDER BY urn")).fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Schools after a URN, in order of URN, each with the version of the register that is served.
pub(super) async fn school_page(
    tx: &mut Tx<'_>,
    filter: &SchoolFilter,
    after: i64,
    limit: i64,
) -> Result<Vec<(RegisterEntry, i64)>, Error> {
    #[derive(sqlx::FromRow)]
    struct Listed {
        #[sqlx(flatten)]
        school: SchoolRow,
        register_version: i64,
    }
    let page = sql!(
        tx,
        "SELECT school.*, register.version AS register_version FROM school CROSS JOIN register
         WHERE urn > :after AND (:region_code = '' OR region_code = :region_code)
             AND (:old_la_code = '' OR old_la_code = :old_la_code)
             AND (CAST(:phase AS BIGINT) = 0 OR education_phase = CAST(:phase AS BIGINT))
             AND (CAST(:reason AS BIGINT) IS NULL OR (register_reason = CAST(:reason AS BIGINT) AND listed))
         ORDER BY urn LIMIT :limit",
        after,
        region_code = filter.region_code,
        old_la_code = filter.old_la_code,
        phase = filter.phase,
        reason = filter.reason,
        limit,
    );
    let rows: Vec<Listed> = page.fetch_all().await?;
    Ok(rows.into_iter().map(|row| (row.school.into(), row.register_version)).collect())
}

/// Writes new and changed schools. `meanwhile` is called once for each statement, while the database runs it.
pub(crate) async fn school_write(
    tx: &mut Tx<'_>,
    entries: &[RegisterEntry],
    mut meanwhile: impl FnMut() + Send,
) -> Result<(), Error> {
    for chunk in entries.chunks(STATEMENT_SCHOOLS_MAX) {
        let written = sql!(
            tx,
            concat!(
                "INSERT INTO school (", columns!(), ")
                 VALUES :schools
                 ON CONFLICT (urn) DO UPDATE SET school_name = excluded.school_name, old_la_code = excluded.old_la_code,
                     former_old_la_code = excluded.former_old_la_code, new_la_code = excluded.new_la_code,
                     la_name = excluded.la_name, region_code = excluded.region_code, type_code = excluded.type_code,
                     type_group_code = excluded.type_group_code, status_code = excluded.status_code,
                     phase_code = excluded.phase_code, education_phase = excluded.education_phase,
                     open_date = excluded.open_date, close_date = excluded.close_date,
                     register_reason = excluded.register_reason, fsm_permille = excluded.fsm_permille,
                     low_age = excluded.low_age, high_age = excluded.high_age, postcode = excluded.postcode,
                     easting_metres = excluded.easting_metres, northing_metres = excluded.northing_metres, listed = excluded.listed,
                     version = excluded.version"
            ),
            schools = [
                RegisterEntry { school, listed, version } in chunk =>
                school.urn, school.school_name, school.old_la_code, school.former_old_la_code, school.new_la_code, school.la_name,
                school.region.map_or("", |region| region.code), school.type_code, school.type_group_code, school.status_code,
                school.phase_code, PhaseOrZero(school.phase), DayOrBlank(school.open_date), DayOrBlank(school.close_date),
                school.reason, school.fsm_permille, school.low_age, school.high_age, school.postcode,
                school.coordinates.map(|(easting, _)| easting), school.coordinates.map(|(_, northing)| northing), listed, version
            ],
        );
        let (done, ()) = futures::join!(written.execute(), async { meanwhile() });
        done?;
    }
    Ok(())
}
