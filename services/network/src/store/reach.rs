//! Publications of reach figures.

use db::{Error, Tx, sql};
use time::{AcademicYear, Instant};

use super::day;
use crate::domain::reach::{Header, Publication};

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    publication_id: String,
    number: i64,
    academic_year: String,
    true_on_date: String,
    known_on_date: String,
    register_as_of_date: String,
    content_sha256: String,
    coldness_prior_schools_count: i64,
    publish_time: i64,
    publisher: String,
    approve_time: Option<i64>,
    approver: Option<String>,
    figures_count: i64,
    cold_areas_count: i64,
    version: i64,
}

impl Row {
    fn publication(self) -> Publication {
        let header = Header {
            academic_year: AcademicYear::parse(&self.academic_year).expect("a year that was stored is one"),
            true_on: day(&self.true_on_date),
            known_on: day(&self.known_on_date),
            register_as_of: day(&self.register_as_of_date),
            content_sha256: self.content_sha256,
            prior_schools: self.coldness_prior_schools_count,
        };
        Publication {
            publication_id: self.publication_id,
            header,
            published: Instant::from_micros(self.publish_time),
            publisher: self.publisher,
            approved: self.approve_time.map(Instant::from_micros).zip(self.approver),
            figures_count: self.figures_count,
            cold_areas_count: self.cold_areas_count,
            version: self.version,
        }
    }
}

/// Adds a provisional publication as the newest.
pub(crate) async fn publication_insert(tx: &mut Tx<'_>, publication: &Publication) -> Result<(), Error> {
    let header = &publication.header;
    if tx.is_postgres() {
        // Another that is being added has the next number, so this one waits for it: as a statement of its own, because one that also read the numbers
        // would read those from before it waited. Readers do not wait. SQLite has one writer anyway.
        let text = "LOCK TABLE reach_publication IN SHARE ROW EXCLUSIVE MODE";
        sql!(tx, conn => sqlx::query(text).execute(conn).await.map(drop))?;
    }
    sql!(tx, conn => sqlx::query(
        "INSERT INTO reach_publication (publication_id, number, state, academic_year, true_on_date, known_on_date, register_as_of_date,
             content_sha256, coldness_prior_schools_count, publish_time, publisher, figures_count, cold_areas_count, version)
         VALUES ($1, (SELECT COALESCE(MAX(number), 0) + 1 FROM reach_publication), 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
        .bind(&publication.publication_id).bind(header.academic_year.to_string()).bind(header.true_on.to_string())
        .bind(header.known_on.to_string()).bind(header.register_as_of.to_string()).bind(&header.content_sha256)
        .bind(header.prior_schools).bind(publication.published.micros()).bind(&publication.publisher)
        .bind(publication.figures_count).bind(publication.cold_areas_count).bind(publication.version)
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// One publication; the newest when no id is given.
pub(crate) async fn publication_find(tx: &mut Tx<'_>, id: Option<&str>) -> Result<Option<Publication>, Error> {
    let row: Option<Row> = sql!(tx, conn => sqlx::query_as(
        "SELECT * FROM reach_publication WHERE publication_id = $1 OR CAST($1 AS TEXT) IS NULL ORDER BY number DESC LIMIT 1")
        .bind(id).fetch_optional(conn).await)?;
    Ok(row.map(Row::publication))
}

/// Publications before a number, newest first, each with its number.
pub(crate) async fn publication_list(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<Vec<(i64, Publication)>, Error> {
    let rows: Vec<Row> = sql!(tx, conn => sqlx::query_as("SELECT * FROM reach_publication WHERE number < $1 ORDER BY number DESC LIMIT $2")
        .bind(before).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|row| (row.number, row.publication())).collect())
}

/// Makes a provisional publication of this version final. False when it is not that, or the approver published it.
pub(crate) async fn publication_approve(
    tx: &mut Tx<'_>,
    id: &str,
    version: i64,
    approver: &str,
    now: Instant,
) -> Result<bool, Error> {
    let changed = sql!(tx, conn => sqlx::query(
        "UPDATE reach_publication SET state = 2, approve_time = $4, approver = $3, version = version + 1
         WHERE publication_id = $1 AND version = $2 AND state = 1 AND publisher <> $3")
        .bind(id).bind(version).bind(approver).bind(now.micros()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
