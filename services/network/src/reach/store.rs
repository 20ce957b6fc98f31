//! Rows of publications.

use db::{Error, Tx, sql};
use server::ApiError;
use time::{AcademicYear, Date, Instant};

use super::{
    Approval, ApprovingBody, FeedPositions, Publication, PublicationHeader, PublicationId, PublicationRef, ReachPolicyId,
};

macro_rules! columns {
    () => {
        "publication_id, number, academic_year, true_on_date, known_on_date, register_as_of_date, content_sha256,
             policy_id, publish_time, publisher, approve_time, approver, approving_body,
             superseded_publication_id, feed_positions, figures_count, cold_areas_count, figures_sha256, version"
    };
}

#[derive(sqlx::FromRow)]
struct PublicationRow {
    publication_id: PublicationId,
    number: i64,
    academic_year: AcademicYear,
    true_on_date: Date,
    known_on_date: Date,
    register_as_of_date: Date,
    content_sha256: String,
    policy_id: Option<ReachPolicyId>,
    publish_time: Instant,
    publisher: String,
    approve_time: Option<Instant>,
    approver: Option<String>,
    approving_body: Option<ApprovingBody>,
    superseded_publication_id: Option<PublicationId>,
    feed_positions: FeedPositions,
    figures_count: i64,
    cold_areas_count: i64,
    figures_sha256: String,
    version: i64,
}

impl From<PublicationRow> for Publication {
    fn from(row: PublicationRow) -> Self {
        let header = PublicationHeader {
            academic_year: row.academic_year,
            true_on: row.true_on_date,
            known_on: row.known_on_date,
            register_as_of: row.register_as_of_date,
            content_sha256: row.content_sha256,
            policy: row.policy_id,
            feed_positions: row.feed_positions,
        };
        let superseded = row.superseded_publication_id;
        let approval = row.approve_time.zip(row.approver).zip(row.approving_body);
        Self {
            id: row.publication_id,
            header,
            published: row.publish_time,
            publisher: row.publisher,
            approval: approval.map(|((time, approver), body)| Approval { time, approver, body, superseded }),
            figures_count: row.figures_count,
            cold_areas_count: row.cold_areas_count,
            figures_sha256: row.figures_sha256,
            version: row.version,
        }
    }
}

/// Lets changes of publications wait for each other until their transactions end; readers do not wait. SQLite has one writer. A separate statement: one that
/// also read the table would read it as it was before it waited.
pub(crate) async fn publication_lock(tx: &mut Tx<'_>) -> Result<(), Error> {
    if !tx.is_postgres() {
        return Ok(());
    }
    sql!(tx, "{postgres LOCK TABLE reach_publication IN SHARE ROW EXCLUSIVE MODE}").execute().await.map(drop)
}

/// The number of the next publication, which no other publication takes until the transaction ends.
pub(super) async fn publication_next_number(tx: &mut Tx<'_>) -> Result<i64, Error> {
    publication_lock(tx).await?;
    let (number,): (i64,) = sql!(tx, "SELECT COALESCE(MAX(number), 0) + 1 FROM reach_publication").fetch_one().await?;
    Ok(number)
}

/// The last day on which a publication is true.
pub(crate) async fn find_last_true_on(tx: &mut Tx<'_>) -> Result<Option<Date>, Error> {
    let (last,): (Option<Date>,) = sql!(tx, "SELECT MAX(true_on_date) FROM reach_publication").fetch_one().await?;
    Ok(last)
}

/// Adds a provisional publication (state 1) under its number.
pub(super) async fn publication_insert(tx: &mut Tx<'_>, number: i64, publication: &Publication) -> Result<(), Error> {
    let header = &publication.header;
    let inserted = sql!(
        tx,
        "INSERT INTO reach_publication (publication_id, number, state, academic_year, true_on_date, known_on_date,
             register_as_of_date, content_sha256, policy_id, publish_time, publisher, figures_count,
             cold_areas_count, figures_sha256, version, feed_positions)
         VALUES (:id, :number, 1, :academic_year, :true_on_date, :known_on_date, :register_as_of_date, :content_sha256,
             :policy, :publish_time, :publisher, :figures_count, :cold_areas_count,
             :figures_sha256, :version,
             :feed_positions)",
        id = publication.id,
        number,
        academic_year = header.academic_year,
        true_on_date = header.true_on,
        known_on_date = header.known_on,
        register_as_of_date = header.register_as_of,
        content_sha256 = header.content_sha256,
        policy = header.policy,
        publish_time = publication.published,
        publisher = publication.publisher,
        figures_count = publication.figures_count,
        cold_areas_count = publication.cold_areas_count,
        figures_sha256 = publication.figures_sha256,
        version = publication.version,
        feed_positions = header.feed_positions,
    );
    inserted.execute().await.map(drop)
}

/// NOT_FOUND when there is no such publication, or none at all.
pub(super) async fn publication_by_ref(tx: &mut Tx<'_>, publication: &PublicationRef) -> Result<Publication, service::Error> {
    let found = sql!(
        tx,
        concat!(
            "SELECT ",
            columns!(),
            " FROM reach_publication
             WHERE publication_id = :id OR CAST(:id AS TEXT) IS NULL ORDER BY number DESC LIMIT 1"
        ),
        id = publication.id(),
    );
    let row: Option<PublicationRow> = found.fetch_optional().await?;
    Ok(row.ok_or_else(|| ApiError::not_found(&publication.to_string()))?.into())
}

/// Publications before a number, newest first, each with its number.
pub(super) async fn publication_page(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<Vec<(i64, Publication)>, Error> {
    let page = sql!(
        tx,
        concat!("SELECT ", columns!(), " FROM reach_publication WHERE number < :before ORDER BY number DESC LIMIT :limit"),
        before,
        limit,
    );
    let rows: Vec<PublicationRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(|row| (row.number, row.into())).collect())
}

/// Makes a provisional publication final (state 2), in place of the last final one about the same academic year, whose id it gives. The table is locked, so
/// of two approvals about one year the second supersedes the first.
pub(super) async fn publication_approve(
    tx: &mut Tx<'_>,
    id: &PublicationId,
    figures_sha256: &str,
    approval: &Approval,
) -> Result<Option<PublicationId>, Error> {
    let approved = sql!(
        tx,
        "UPDATE reach_publication
         SET state = 2, approve_time = :approve_time, approver = :approver, approving_body = :approving_body,
             version = version + 1,
             superseded_publication_id = (
                 SELECT earlier.publication_id FROM reach_publication earlier
                 WHERE earlier.state = 2 AND earlier.academic_year = reach_publication.academic_year AND NOT EXISTS (
                     SELECT 1 FROM reach_publication later WHERE later.superseded_publication_id = earlier.publication_id))
         WHERE publication_id = :id AND state = 1 AND figures_sha256 = :figures_sha256
         RETURNING superseded_publication_id",
        approve_time = approval.time,
        approver = approval.approver,
        approving_body = approval.body,
        id,
        figures_sha256,
    );
    let (superseded,) = approved.fetch_one().await?;
    Ok(superseded)
}
