//! What a person is to be asked about entitlements: the schools of two turned out to be of one lineage, one to descend from the other by a split, what
//! proved one holds no more, or the school that is to be paid has closed. Only the question that is asked now and the answers that were given are
//! stored. What else is to be asked is found here, from how links, places and entitlements are, so it can be asked late, but not forgotten.

use db::{Error, Tx, sql};
use name::Urn;
use time::Date;

use super::payee::plain;
use crate::domain::{EntitlementId, Question, Review};

/// A query of the URNs to which links of any kind lead from a school's, up or down and on from there, and its own, as a literal: whatever is asked about
/// one school's entitlement is about entitlements of these.
macro_rules! kin {
    ($urn:literal, $day:literal) => {
        concat!(
            "WITH RECURSIVE kin (urn) AS (
                 SELECT ",
            $urn,
            "
                 UNION
                 SELECT CASE link.predecessor_urn WHEN kin.urn THEN link.successor_urn ELSE link.predecessor_urn END
                 FROM kin JOIN school_link link ON link.predecessor_urn = kin.urn OR link.successor_urn = kin.urn
                 WHERE link.established_date <= ",
            $day,
            ")
             SELECT kin.urn FROM kin"
        )
    };
}
pub(super) use kin;

/// Questions among entitlements that stand and that `among` says, a condition on `stands`. $1 is the day, $2 how many at most.
macro_rules! questions {
    ($($among:tt)+) => {
        concat!(
            "WITH RECURSIVE
             stands (id, urn) AS (SELECT id, urn FROM entitlement stands WHERE state NOT IN ('released', 'refused') AND ",
            $($among)+,
            "),
             up (id, urn, is_split) AS (
                 SELECT id, urn, FALSE FROM stands
                 UNION
                 SELECT up.id, link.predecessor_urn, up.is_split OR link.is_split
                 FROM up JOIN school_link link ON link.successor_urn = up.urn
                 WHERE link.established_date <= $1),
             down (id, urn) AS (
                 SELECT id, urn FROM stands
                 UNION
                 SELECT down.id, link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
                 WHERE NOT link.is_split AND link.established_date <= $1),
             line (id, urn) AS (SELECT id, urn FROM up WHERE NOT is_split UNION SELECT id, urn FROM down),
             ",
            plain!("state IN ('committed', 'payable') AND id IN (SELECT id FROM stands)", "$1"),
            ",
             question (id, review, other) AS (
                 SELECT one.id, 'merger', other.id FROM line one JOIN line other ON other.urn = one.urn AND other.id <> one.id
                 UNION
                 SELECT up.id, 'split', origin.id FROM up JOIN stands origin ON origin.urn = up.urn AND origin.id <> up.id
                 WHERE up.is_split
                 UNION
                 SELECT stands.id, 'lapsed', stands.id FROM stands
                 JOIN entitlement ON entitlement.id = stands.id JOIN participation ON participation.id = stands.id
                 WHERE participation.due = 'lapsed' AND entitlement.state IN ('payable', 'paid')
                 UNION
                 SELECT way.id, 'payee', way.id FROM way
                 JOIN school ON school.urn = way.urn AND school.listed AND school.register_reason = 2
                 WHERE way.urn = way.from_urn AND NOT EXISTS (SELECT 1 FROM plain WHERE plain.id = way.id))
             SELECT question.id, question.review, question.other FROM question
             JOIN entitlement asked ON asked.id = question.id AND asked.review IS NULL
             WHERE NOT EXISTS (
                 SELECT 1 FROM review_answer answer
                 WHERE answer.entitlement = question.id AND answer.review = question.review AND answer.other = question.other)
             ORDER BY question.id, question.review, question.other LIMIT $2"
        )
    };
}

/// What is to be asked about entitlements that wait for no answer, at most so much.
pub(crate) async fn question_list(tx: &mut Tx<'_>, day: Date, limit: i64) -> Result<Vec<Question>, Error> {
    let rows: Vec<(String, String, String)> = sql!(tx, conn => sqlx::query_as(questions!("TRUE"))
        .bind(day.to_string()).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(question).collect())
}

/// The same about a school's entitlements and those of its kin.
pub(crate) async fn question_list_of_kin(tx: &mut Tx<'_>, urn: Urn, day: Date, limit: i64) -> Result<Vec<Question>, Error> {
    let rows: Vec<(String, String, String)> = sql!(tx, conn => sqlx::query_as(
        questions!(concat!("stands.urn IN (", kin!("$3", "$1"), ")")))
        .bind(day.to_string()).bind(limit).bind(urn.number()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(question).collect())
}

fn question((entitlement, review, other): (String, String, String)) -> Question {
    Question {
        entitlement: EntitlementId::trusted(entitlement),
        review: super::row::review(&review),
        other: EntitlementId::trusted(other),
    }
}

/// Asks, unless a question about the entitlement waits for an answer already, and says whether it did.
pub(crate) async fn question_ask(tx: &mut Tx<'_>, question: &Question) -> Result<bool, Error> {
    let asked = sql!(tx, conn => sqlx::query(
        "UPDATE entitlement SET review = $2, conflicting = $3, version = version + 1
         WHERE id = $1 AND review IS NULL AND state NOT IN ('released', 'refused')")
        .bind(question.entitlement.as_str()).bind(question.review.as_str()).bind(question.conflicting().map(|id| id.as_str()))
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(asked == 1)
}

/// It was answered that the entitlement is kept.
pub(crate) async fn answer_insert(tx: &mut Tx<'_>, question: &Question) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query(
        "INSERT INTO review_answer (entitlement, review, other) VALUES ($1, $2, $3) ON CONFLICT (entitlement, review, other) DO NOTHING")
        .bind(question.entitlement.as_str()).bind(question.review.as_str()).bind(question.other.as_str())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// What is asked again is asked about other facts than those of an answer of before.
pub(crate) async fn answer_forget(tx: &mut Tx<'_>, entitlement: &EntitlementId, review: Review) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("DELETE FROM review_answer WHERE entitlement = $1 AND review = $2")
        .bind(entitlement.as_str()).bind(review.as_str()).execute(conn).await.map(drop))?;
    Ok(())
}
