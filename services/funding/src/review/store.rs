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

/// Questions among entitlements that stand and that `among` says, a condition on `stands`: those that are to be asked, and, without another, those that are
/// asked and to which nothing leads any more. $1 is the day, $2 how many at most.
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
             UNION ALL
             SELECT asked.id, asked.review, NULL FROM stands JOIN entitlement asked ON asked.id = stands.id AND asked.review IS NOT NULL
             WHERE NOT EXISTS (
                 SELECT 1 FROM question
                 WHERE question.id = asked.id AND question.review = asked.review
                   AND question.other = CASE WHEN asked.review IN ('merger', 'split') THEN asked.conflicting ELSE asked.id END)
             ORDER BY 1, 2, 3 LIMIT $2"
        )
    };
}

/// What is to happen to a question.
pub(crate) enum Turn {
    /// It is to be asked, of an entitlement about which none is.
    Ask(Question),
    /// It is asked, and needs no answer any more.
    TakeBack(EntitlementId, Review),
}

/// What is to be asked or taken back, at most so much.
pub(crate) async fn turn_list(tx: &mut Tx<'_>, day: Date, limit: i64) -> Result<Vec<Turn>, Error> {
    let rows: Vec<(String, String, Option<String>)> = sql!(tx, conn => sqlx::query_as(questions!("TRUE"))
        .bind(day.to_string()).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(turn).collect())
}

/// The same about a school's entitlements and those of its kin.
pub(crate) async fn turn_list_of_kin(tx: &mut Tx<'_>, urn: Urn, day: Date, limit: i64) -> Result<Vec<Turn>, Error> {
    let rows: Vec<(String, String, Option<String>)> = sql!(tx, conn => sqlx::query_as(
        questions!(concat!("stands.urn IN (", kin!("$3", "$1"), ")")))
        .bind(day.to_string()).bind(limit).bind(urn.number()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(turn).collect())
}

fn turn((entitlement, review, other): (String, String, Option<String>)) -> Turn {
    let (entitlement, review) = (EntitlementId::trusted(entitlement), super::row::review(&review));
    match other {
        Some(other) => Turn::Ask(Question { entitlement, review, other: EntitlementId::trusted(other) }),
        None => Turn::TakeBack(entitlement, review),
    }
}

/// Asks, unless a question about the entitlement waits for an answer already or this one was answered meanwhile, and says whether it did.
pub(crate) async fn question_ask(tx: &mut Tx<'_>, question: &Question) -> Result<bool, Error> {
    let asked = sql!(tx, conn => sqlx::query(
        "UPDATE entitlement SET review = $2, conflicting = $3, version = version + 1
         WHERE id = $1 AND review IS NULL AND state NOT IN ('released', 'refused') AND NOT EXISTS (
             SELECT 1 FROM review_answer answer WHERE answer.entitlement = $1 AND answer.review = $2 AND answer.other = $4)")
        .bind(question.entitlement.as_str()).bind(question.review.as_str()).bind(question.conflicting().map(|id| id.as_str()))
        .bind(question.other.as_str())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(asked == 1)
}

/// Takes a question back, if it is the one that is asked, and says whether it was.
pub(crate) async fn question_take_back(tx: &mut Tx<'_>, entitlement: &EntitlementId, review: Review) -> Result<bool, Error> {
    let taken_back = sql!(tx, conn => sqlx::query(
        "UPDATE entitlement SET review = NULL, version = version + 1 WHERE id = $1 AND review = $2")
        .bind(entitlement.as_str()).bind(review.as_str()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(taken_back == 1)
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
