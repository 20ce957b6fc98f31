//! Statements on questions and rows of answers.

use db::{Error, Tx, sql};
use name::Urn;
use time::Date;

use super::{Question, Review, ReviewChange};
use crate::{entitlement::EntitlementId, payee::store::successors};

/// A query of the URNs that links of any kind and direction connect to a school's on a day, and its own, as a literal: `relatives!(":urn", ":today")`. Every
/// question about the school's entitlement concerns entitlements of these.
macro_rules! relatives {
    ($urn:literal, $day:literal) => {
        concat!(
            "WITH RECURSIVE relative (urn) AS (
                 SELECT ",
            $urn,
            "
                 UNION
                 SELECT CASE link.predecessor_urn WHEN relative.urn THEN link.successor_urn ELSE link.predecessor_urn END
                 FROM relative JOIN school_link link ON link.predecessor_urn = relative.urn OR link.successor_urn = relative.urn
                 WHERE link.established_date <= ",
            $day,
            ")
             SELECT relative.urn FROM relative"
        )
    };
}
pub(crate) use relatives;

/// The changes of questions on the day `:today`, at most `:limit`, among live entitlements that meet a condition on `live`. Imported participations whose subsidy
/// was paid are in `live` too, as the other side of a question; no question is about them. A row with `other` is a question to
/// raise; a row without is an open question to withdraw.
macro_rules! changes {
    ($($among:tt)+) => {
        concat!(
            "WITH RECURSIVE
             live (id, urn) AS (SELECT id, urn FROM entitlement live WHERE state NOT IN ('released', 'refused') AND ",
            $($among)+,
            "
                 UNION ALL SELECT id, urn FROM participation live WHERE subsidy_paid_date IS NOT NULL AND ",
            $($among)+,
            "),
             up (id, urn, is_split) AS (
                 SELECT id, urn, FALSE FROM live
                 UNION
                 SELECT up.id, link.predecessor_urn, up.is_split OR link.is_split
                 FROM up JOIN school_link link ON link.successor_urn = up.urn
                 WHERE link.established_date <= :today),
             down (id, urn) AS (
                 SELECT id, urn FROM live
                 UNION
                 SELECT down.id, link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
                 WHERE NOT link.is_split AND link.established_date <= :today),
             line (id, urn) AS (SELECT id, urn FROM up WHERE NOT is_split UNION SELECT id, urn FROM down),
             ",
            successors!("state IN ('committed', 'payable') AND id IN (SELECT id FROM live)", ":today"),
            ",
             question (id, review, other) AS (
                 SELECT one.id, 'merger', other.id FROM line one JOIN line other ON other.urn = one.urn AND other.id <> one.id
                 UNION
                 SELECT up.id, 'split', origin.id FROM up JOIN live origin ON origin.urn = up.urn AND origin.id <> up.id
                 WHERE up.is_split
                 UNION
                 SELECT live.id, 'lapsed', live.id FROM live
                 JOIN entitlement ON entitlement.id = live.id JOIN participation ON participation.id = live.id
                 WHERE participation.evidence_status <> 'proven' AND (participation.evidence_status <> 'one_source' OR entitlement.needs_two_sources)
                   AND entitlement.state IN ('payable', 'paid')
                 UNION
                 SELECT path.id, 'payee', path.id FROM path
                 JOIN school ON school.urn = path.urn AND school.listed AND school.status_code = 2
                 WHERE path.urn = path.from_urn AND NOT EXISTS (SELECT 1 FROM successor WHERE successor.id = path.id))
             SELECT question.id, question.review, question.other FROM question
             JOIN entitlement asked ON asked.id = question.id AND asked.review IS NULL
             WHERE NOT EXISTS (
                 SELECT 1 FROM review_answer answer
                 WHERE answer.entitlement = question.id AND answer.review = question.review AND answer.other = question.other)
             UNION ALL
             SELECT asked.id, asked.review, NULL FROM live JOIN entitlement asked ON asked.id = live.id AND asked.review IS NOT NULL
             WHERE NOT EXISTS (
                 SELECT 1 FROM question
                 WHERE question.id = asked.id AND question.review = asked.review
                   AND question.other = CASE WHEN asked.review IN ('merger', 'split') THEN asked.conflicting ELSE asked.id END)
             ORDER BY 1, 2, 3 LIMIT :limit"
        )
    };
}

#[derive(sqlx::FromRow)]
struct ReviewChangeRow {
    id: EntitlementId,
    review: Review,
    other: Option<EntitlementId>,
}

impl From<ReviewChangeRow> for ReviewChange {
    fn from(row: ReviewChangeRow) -> Self {
        let ReviewChangeRow { id, review, other } = row;
        match other {
            Some(other) => Self::Raise(Question { entitlement: id, review, other }),
            None => Self::Withdraw(id, review),
        }
    }
}

/// Changes of questions that are due, at most `limit`.
pub(crate) async fn review_change_list(tx: &mut Tx<'_>, today: Date, limit: i64) -> Result<Vec<ReviewChange>, Error> {
    let rows: Vec<ReviewChangeRow> = sql!(tx, changes!("TRUE"), today, limit).fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Changes of questions that are due about the entitlements of a school and its relatives, at most `limit`.
pub(super) async fn review_change_list_of_relatives(
    tx: &mut Tx<'_>,
    urn: Urn,
    today: Date,
    limit: i64,
) -> Result<Vec<ReviewChange>, Error> {
    let changes = sql!(tx, changes!(concat!("live.urn IN (", relatives!(":urn", ":today"), ")")), urn, today, limit);
    let rows: Vec<ReviewChangeRow> = changes.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Raises a question. False when a question about the entitlement is open, or this one was answered meanwhile.
pub(super) async fn question_raise(tx: &mut Tx<'_>, question: &Question) -> Result<bool, Error> {
    let raised = sql!(
        tx,
        "UPDATE entitlement SET review = :review, conflicting = :conflicting, version = version + 1
         WHERE id = :entitlement AND review IS NULL AND state NOT IN ('released', 'refused') AND NOT EXISTS (
             SELECT 1 FROM review_answer answer
             WHERE answer.entitlement = :entitlement AND answer.review = :review AND answer.other = :other)",
        entitlement = question.entitlement,
        review = question.review,
        conflicting = question.conflicting(),
        other = question.other,
    );
    Ok(raised.execute().await? == 1)
}

/// Withdraws a question. False when it is not the open one.
pub(super) async fn question_withdraw(tx: &mut Tx<'_>, entitlement: &EntitlementId, review: Review) -> Result<bool, Error> {
    let withdrawn = sql!(
        tx,
        "UPDATE entitlement SET review = NULL, version = version + 1 WHERE id = :entitlement AND review = :review",
        entitlement,
        review,
    );
    Ok(withdrawn.execute().await? == 1)
}

/// Stores the answer that the entitlement is kept.
pub(crate) async fn answer_insert(tx: &mut Tx<'_>, question: &Question) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO review_answer (entitlement, review, other) VALUES (:entitlement, :review, :other)
         ON CONFLICT (entitlement, review, other) DO NOTHING",
        entitlement = question.entitlement,
        review = question.review,
        other = question.other,
    );
    inserted.execute().await.map(drop)
}

/// Deletes the answers of a kind, because the facts that they were about have changed.
pub(crate) async fn answer_delete(tx: &mut Tx<'_>, entitlement: &EntitlementId, review: Review) -> Result<(), Error> {
    let deleted =
        sql!(tx, "DELETE FROM review_answer WHERE entitlement = :entitlement AND review = :review", entitlement, review);
    deleted.execute().await.map(drop)
}
