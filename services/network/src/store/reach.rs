//! Publications of reach figures.

use db::{Error, Tx, sql};
use time::{AcademicYear, Instant};

use super::day;
use crate::domain::reach::{Approval, FeedPosition, Header, Publication};

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
    approving_body: Option<String>,
    superseded_publication_id: Option<String>,
    feed_positions: String,
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
            feed_positions: self.feed_positions.lines().map(feed_position).collect(),
        };
        let superseded = self.superseded_publication_id;
        let approved = self.approve_time.zip(self.approver).zip(self.approving_body);
        let approved =
            approved.map(|((time, approver), body)| Approval { time: Instant::from_micros(time), approver, body, superseded });
        Publication {
            publication_id: self.publication_id,
            header,
            published: Instant::from_micros(self.publish_time),
            publisher: self.publisher,
            approved,
            figures_count: self.figures_count,
            cold_areas_count: self.cold_areas_count,
            version: self.version,
        }
    }
}

/// A line of the column `feed_positions`.
fn feed_position(line: &str) -> FeedPosition {
    let mut fields = line.split(' ').map(str::to_owned);
    let mut field = || fields.next().expect("feed_positions are written as `source epoch position`");
    let (source, epoch) = (field(), field());
    FeedPosition { source, epoch, position: field().parse().expect("the position of a feed is written as a number") }
}

/// Lets changes of publications wait for each other until their transactions end.
async fn publication_lock(tx: &mut Tx<'_>) -> Result<(), Error> {
    if tx.is_postgres() {
        // A separate statement: one that also read the table would read it as it was before it waited. Readers do not wait. SQLite has one writer.
        let text = "LOCK TABLE reach_publication IN SHARE ROW EXCLUSIVE MODE";
        sql!(tx, conn => sqlx::query(text).execute(conn).await.map(drop))?;
    }
    Ok(())
}

/// The number of the next publication.
pub(crate) async fn publication_next_number(tx: &mut Tx<'_>) -> Result<i64, Error> {
    publication_lock(tx).await?;
    let (number,): (i64,) = sql!(tx, conn => sqlx::query_as("SELECT COALESCE(MAX(number), 0) + 1 FROM reach_publication")
        .fetch_one(conn).await)?;
    Ok(number)
}

/// Adds a provisional publication under its number.
pub(crate) async fn publication_insert(tx: &mut Tx<'_>, number: i64, publication: &Publication) -> Result<(), Error> {
    let header = &publication.header;
    let positions: Vec<String> =
        header.feed_positions.iter().map(|feed| format!("{} {} {}", feed.source, feed.epoch, feed.position)).collect();
    sql!(tx, conn => sqlx::query(
        "INSERT INTO reach_publication (publication_id, number, state, academic_year, true_on_date, known_on_date, register_as_of_date,
             content_sha256, coldness_prior_schools_count, publish_time, publisher, figures_count, cold_areas_count, version, feed_positions)
         VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)")
        .bind(&publication.publication_id).bind(number).bind(header.academic_year.to_string()).bind(header.true_on.to_string())
        .bind(header.known_on.to_string()).bind(header.register_as_of.to_string()).bind(&header.content_sha256)
        .bind(header.prior_schools).bind(publication.published.micros()).bind(&publication.publisher)
        .bind(publication.figures_count).bind(publication.cold_areas_count).bind(publication.version).bind(positions.join("\n"))
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

/// Makes a provisional publication of this version final, in place of the last final one about the same academic year. False when it is not provisional,
/// not of this version, or was published by the approver.
pub(crate) async fn publication_approve(
    tx: &mut Tx<'_>,
    id: &str,
    version: i64,
    (approver, body): (&str, &str),
    now: Instant,
) -> Result<bool, Error> {
    // Of two approvals about one year the second supersedes the first.
    publication_lock(tx).await?;
    let changed = sql!(tx, conn => sqlx::query(
        "UPDATE reach_publication SET state = 2, approve_time = $4, approver = $3, approving_body = $5, version = version + 1,
             superseded_publication_id = (
                 SELECT earlier.publication_id FROM reach_publication earlier
                 WHERE earlier.state = 2 AND earlier.academic_year = reach_publication.academic_year AND NOT EXISTS (
                     SELECT 1 FROM reach_publication later WHERE later.superseded_publication_id = earlier.publication_id))
         WHERE publication_id = $1 AND version = $2 AND state = 1 AND publisher <> $3")
        .bind(id).bind(version).bind(approver).bind(now.micros()).bind(body).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
