//! What enrolment keeps of the network: read by the use cases, written by the consumer alone.

use db::{Error, Tx, sql};
use sqlx::AssertSqlSafe;
use time::Date;

use super::row;
use crate::domain::{Coldness, HubId, ProgrammeId, School, Urn};

/// Schools of one lineage at most. The longest in the national register has a dozen.
const LINEAGE_URNS_MAX: i64 = 500;
/// Rows of one INSERT; events hold no more than 1,000 of anything, and no row has more than 8 columns.
const INSERT_ROWS_MAX: usize = 1_000;

/// A school of the mirror, as its row stands.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct SchoolRow {
    pub(crate) urn: i64,
    pub(crate) old_la_code: String,
    pub(crate) education_phase: i64,
    pub(crate) register_reason: i64,
    pub(crate) listed: bool,
}

/// A link of the mirror, as its row stands.
#[derive(Debug, Clone)]
pub(crate) struct LinkRow {
    pub(crate) predecessor_urn: i64,
    pub(crate) successor_urn: i64,
    pub(crate) is_removed: bool,
    pub(crate) is_split: bool,
    pub(crate) established_date: String,
}

/// An area of the mirror, as its row stands.
#[derive(Debug, Clone)]
pub(crate) struct AreaRow {
    pub(crate) old_la_code: String,
    pub(crate) programme: String,
    pub(crate) education_phase: i64,
    pub(crate) coldness_ppm: i64,
}

/// A school that the newest register lists.
pub(crate) async fn find_school(tx: &mut Tx<'_>, urn: Urn) -> Result<Option<School>, Error> {
    let found: Option<SchoolRow> = sql!(tx, conn => sqlx::query_as(
        "SELECT urn, old_la_code, education_phase, register_reason, listed FROM school WHERE urn = $1 AND listed")
        .bind(urn.number()).fetch_optional(conn).await)?;
    Ok(found.map(|school| School {
        urn,
        phase: row::phase(school.education_phase),
        // As the contract numbers the reasons; 1 is in.
        out_because: match school.register_reason {
            1 => None,
            2 => Some("closed"),
            3 => Some("proposed_to_open"),
            4 => Some("not_state_funded"),
            5 => Some("phase_not_counted"),
            6 => Some("no_region"),
            _ => Some("not_judged"),
        },
    }))
}

/// Whether the network has such a hub.
pub(crate) async fn hub_exists(tx: &mut Tx<'_>, hub: &HubId) -> Result<bool, Error> {
    let found: Option<(String,)> =
        sql!(tx, conn => sqlx::query_as("SELECT id FROM hub WHERE id = $1").bind(hub.as_str()).fetch_optional(conn).await)?;
    Ok(found.is_some())
}

/// What a submission rests on: the URNs of the school's lineage on the day, ascending (itself, those from which it descends, those that descend
/// from it; splits are passed over, because who follows is a person's decision), and how little its area was reached, by the newest publication.
pub(crate) async fn submission_ground(
    tx: &mut Tx<'_>,
    urn: Urn,
    programme: &ProgrammeId,
    day: Date,
) -> Result<(Vec<Urn>, Option<Coldness>), Error> {
    let rows: Vec<(i64, Option<i64>, Option<String>)> = sql!(tx, conn => sqlx::query_as(
        "WITH RECURSIVE
         up (urn) AS (
             SELECT $1
             UNION
             SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
             WHERE NOT link.is_split AND link.established_date <= $2),
         down (urn) AS (
             SELECT $1
             UNION
             SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
             WHERE NOT link.is_split AND link.established_date <= $2)
         SELECT line.urn, area.coldness_ppm, area.reach_publication
         FROM (SELECT urn FROM up UNION SELECT urn FROM down) line
         LEFT JOIN school ON school.urn = $1
         LEFT JOIN cold_area area
             ON area.old_la_code = school.old_la_code AND area.education_phase = school.education_phase AND area.programme = $3
         ORDER BY line.urn LIMIT $4")
        .bind(urn.number()).bind(day.to_string()).bind(programme.as_str()).bind(LINEAGE_URNS_MAX).fetch_all(conn).await)?;
    let coldness = rows.first().and_then(|(_, ppm, publication)| {
        let ppm = i32::try_from((*ppm)?).expect("a share in parts per million fits");
        Some(Coldness { ppm, publication: publication.clone()? })
    });
    Ok((rows.into_iter().map(|(urn, _, _)| Urn::trusted(urn)).collect(), coldness))
}

pub(crate) async fn hub_put(tx: &mut Tx<'_>, id: &str) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("INSERT INTO hub (id) VALUES ($1) ON CONFLICT (id) DO NOTHING").bind(id).execute(conn).await.map(drop))?;
    Ok(())
}

/// Part of an import.
pub(crate) async fn school_stage(tx: &mut Tx<'_>, schools: &[SchoolRow]) -> Result<(), Error> {
    for part in schools.chunks(INSERT_ROWS_MAX) {
        let text = format!(
            "INSERT INTO school_staged (urn, old_la_code, education_phase, register_reason, listed) VALUES {}
             ON CONFLICT (urn) DO UPDATE SET old_la_code = excluded.old_la_code, education_phase = excluded.education_phase,
                 register_reason = excluded.register_reason, listed = excluded.listed",
            tx.placeholders(part.len(), 5)
        );
        sql!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text)).persistent(false);
            for row in part {
                query = query.bind(row.urn).bind(&row.old_la_code).bind(row.education_phase).bind(row.register_reason).bind(row.listed);
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
        "INSERT INTO school (urn, old_la_code, education_phase, register_reason, listed)
         SELECT urn, old_la_code, education_phase, register_reason, listed FROM school_staged WHERE TRUE
         ON CONFLICT (urn) DO UPDATE SET old_la_code = excluded.old_la_code, education_phase = excluded.education_phase,
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

/// Part of a publication.
pub(crate) async fn area_stage(tx: &mut Tx<'_>, publication: &str, areas: &[AreaRow]) -> Result<(), Error> {
    for part in areas.chunks(INSERT_ROWS_MAX) {
        let text = format!(
            "INSERT INTO cold_area_staged (reach_publication, old_la_code, programme, education_phase, coldness_ppm) VALUES {}
             ON CONFLICT (reach_publication, old_la_code, programme, education_phase) DO UPDATE SET coldness_ppm = excluded.coldness_ppm",
            tx.placeholders(part.len(), 5)
        );
        sql!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text)).persistent(false);
            for row in part {
                query =
                    query.bind(publication).bind(&row.old_la_code).bind(&row.programme).bind(row.education_phase).bind(row.coldness_ppm);
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

/// Has a publication take the place of the one before.
pub(crate) async fn reach_apply(tx: &mut Tx<'_>, publication: &str) -> Result<(), Error> {
    run(tx, &["DELETE FROM cold_area"]).await?;
    sql!(tx, conn => sqlx::query(
        "INSERT INTO cold_area (old_la_code, programme, education_phase, coldness_ppm, reach_publication)
         SELECT old_la_code, programme, education_phase, coldness_ppm, reach_publication FROM cold_area_staged
         WHERE reach_publication = $1")
        .bind(publication).execute(conn).await.map(drop))?;
    run(tx, &["DELETE FROM cold_area_staged"]).await
}

async fn run(tx: &mut Tx<'_>, steps: &[&'static str]) -> Result<(), Error> {
    for step in steps {
        sql!(tx, conn => sqlx::query(*step).execute(conn).await.map(drop))?;
    }
    Ok(())
}
