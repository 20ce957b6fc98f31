//! What the consumer writes.

use db::{Error, Tx, sql};
use sqlx::AssertSqlSafe;

/// Rows of one INSERT; events hold no more than 1,000 of anything, and no row has more than 9 columns.
const INSERT_ROWS_MAX: usize = 1_000;

/// A hub, as its row stands.
pub(crate) struct HubRow {
    pub(crate) id: String,
    pub(crate) start_date: Option<String>,
    pub(crate) end_date: Option<String>,
}

/// A school, as its row stands.
pub(crate) struct SchoolRow {
    pub(crate) urn: i64,
    pub(crate) old_la_code: String,
    pub(crate) former_old_la_code: String,
    pub(crate) education_phase: i64,
    pub(crate) register_reason: i64,
    pub(crate) listed: bool,
}

/// A link, as its row stands.
pub(crate) struct LinkRow {
    pub(crate) predecessor_urn: i64,
    pub(crate) successor_urn: i64,
    pub(crate) is_removed: bool,
    pub(crate) is_split: bool,
    pub(crate) established_date: String,
}

/// An area, as its row stands.
pub(crate) struct AreaRow {
    pub(crate) old_la_code: String,
    pub(crate) programme: String,
    pub(crate) education_phase: i64,
    pub(crate) schools_count: i64,
    pub(crate) schools_never_reached_count: i64,
    pub(crate) region_schools_count: i64,
    pub(crate) region_schools_never_reached_count: i64,
    pub(crate) coldness_ppm: i64,
}

/// A publication, as its row stands.
pub(crate) struct PublicationRow {
    pub(crate) name: String,
    pub(crate) position: i64,
    pub(crate) publish_time: i64,
    pub(crate) true_on_date: String,
    pub(crate) known_on_date: String,
}

/// Forgets what a history that is read from its beginning tells again in other parts. Schools and links of the history before stay until the first import is
/// complete, which unlists and removes those that it does not tell.
pub(crate) async fn begin(tx: &mut Tx<'_>) -> Result<(), Error> {
    const STEPS: [&str; 6] = [
        "DELETE FROM school_staged",
        "DELETE FROM school_link_staged",
        "INSERT INTO school_staged (urn, old_la_code, former_old_la_code, education_phase, register_reason, listed)
         SELECT urn, old_la_code, former_old_la_code, education_phase, register_reason, FALSE FROM school",
        "INSERT INTO school_link_staged (predecessor_urn, successor_urn, is_removed, is_split, established_date)
         SELECT predecessor_urn, successor_urn, TRUE, is_split, established_date FROM school_link",
        "DELETE FROM cold_area",
        "DELETE FROM reach_publication",
    ];
    run(tx, &STEPS).await
}

pub(crate) async fn hub_put(tx: &mut Tx<'_>, row: &HubRow) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query(
        "INSERT INTO hub (id, start_date, end_date) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET start_date = excluded.start_date, end_date = excluded.end_date")
        .bind(&row.id).bind(row.start_date.as_deref()).bind(row.end_date.as_deref()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Part of an import.
pub(crate) async fn school_stage(tx: &mut Tx<'_>, schools: &[SchoolRow]) -> Result<(), Error> {
    for part in schools.chunks(INSERT_ROWS_MAX) {
        let text = format!(
            "INSERT INTO school_staged (urn, old_la_code, former_old_la_code, education_phase, register_reason, listed) VALUES {}
             ON CONFLICT (urn) DO UPDATE SET old_la_code = excluded.old_la_code, former_old_la_code = excluded.former_old_la_code,
                 education_phase = excluded.education_phase,
                 register_reason = excluded.register_reason, listed = excluded.listed",
            tx.placeholders(part.len(), 6)
        );
        sql!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text)).persistent(false);
            for row in part {
                query = query.bind(row.urn).bind(&row.old_la_code).bind(&row.former_old_la_code).bind(row.education_phase)
                    .bind(row.register_reason).bind(row.listed);
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

/// Part of an import.
pub(crate) async fn link_stage(tx: &mut Tx<'_>, links: &[LinkRow]) -> Result<(), Error> {
    for part in links.chunks(INSERT_ROWS_MAX) {
        let text = format!(
            "INSERT INTO school_link_staged (predecessor_urn, successor_urn, is_removed, is_split, established_date) VALUES {}
             ON CONFLICT (predecessor_urn, successor_urn, is_removed) DO UPDATE SET is_split = excluded.is_split,
                 established_date = excluded.established_date",
            tx.placeholders(part.len(), 5)
        );
        sql!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text)).persistent(false);
            for row in part {
                query = query
                    .bind(row.predecessor_urn)
                    .bind(row.successor_urn)
                    .bind(row.is_removed)
                    .bind(row.is_split)
                    .bind(&row.established_date);
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

/// Has all staged parts of an import take effect together. A link that was removed and is new at once was described anew.
pub(crate) async fn register_apply(tx: &mut Tx<'_>) -> Result<(), Error> {
    const STEPS: [&str; 5] = [
        "INSERT INTO school (urn, old_la_code, former_old_la_code, education_phase, register_reason, listed)
         SELECT urn, old_la_code, former_old_la_code, education_phase, register_reason, listed FROM school_staged WHERE TRUE
         ON CONFLICT (urn) DO UPDATE SET old_la_code = excluded.old_la_code, former_old_la_code = excluded.former_old_la_code,
             education_phase = excluded.education_phase,
             register_reason = excluded.register_reason, listed = excluded.listed",
        "DELETE FROM school_staged",
        "DELETE FROM school_link WHERE (predecessor_urn, successor_urn) IN
             (SELECT predecessor_urn, successor_urn FROM school_link_staged WHERE is_removed)",
        "INSERT INTO school_link (predecessor_urn, successor_urn, is_split, established_date)
         SELECT predecessor_urn, successor_urn, is_split, established_date FROM school_link_staged WHERE NOT is_removed
         ON CONFLICT (predecessor_urn, successor_urn) DO UPDATE SET is_split = excluded.is_split,
             established_date = excluded.established_date",
        "DELETE FROM school_link_staged",
    ];
    run(tx, &STEPS).await
}

async fn run(tx: &mut Tx<'_>, steps: &[&'static str]) -> Result<(), Error> {
    for step in steps {
        sql!(tx, conn => sqlx::query(*step).execute(conn).await.map(drop))?;
    }
    Ok(())
}

/// Part of a publication, which counts when the publication is there.
pub(crate) async fn area_put(tx: &mut Tx<'_>, publication: &str, areas: &[AreaRow]) -> Result<(), Error> {
    for part in areas.chunks(INSERT_ROWS_MAX) {
        let text = format!(
            "INSERT INTO cold_area (reach_publication, old_la_code, programme, education_phase, schools_count,
                 schools_never_reached_count, region_schools_count, region_schools_never_reached_count, coldness_ppm) VALUES {}",
            tx.placeholders(part.len(), 9)
        );
        sql!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text)).persistent(false);
            for row in part {
                query = query
                    .bind(publication)
                    .bind(&row.old_la_code)
                    .bind(&row.programme)
                    .bind(row.education_phase)
                    .bind(row.schools_count)
                    .bind(row.schools_never_reached_count)
                    .bind(row.region_schools_count)
                    .bind(row.region_schools_never_reached_count)
                    .bind(row.coldness_ppm);
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

pub(crate) async fn publication_put(tx: &mut Tx<'_>, row: &PublicationRow) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query(
        "INSERT INTO reach_publication (name, position, publish_time, true_on_date, known_on_date) VALUES ($1, $2, $3, $4, $5)")
        .bind(&row.name).bind(row.position).bind(row.publish_time).bind(&row.true_on_date).bind(&row.known_on_date)
        .execute(conn).await.map(drop))?;
    Ok(())
}
