//! Which entitlements a person is to look at, because the schools of two of them turned out to be of one lineage, or one to descend from the other by a
//! split.

use db::{Error, Tx, sql};
use time::Date;

use crate::domain::{EntitlementId, Review};

/// Pairs that meet in one lineage on a day and were not told yet, each once, at most so many.
pub(crate) async fn pair_list_merged(
    tx: &mut Tx<'_>,
    day: Date,
    limit: i64,
) -> Result<Vec<(EntitlementId, EntitlementId)>, Error> {
    let rows: Vec<(String, String)> = sql!(tx, conn => sqlx::query_as(
        "WITH RECURSIVE
         up (id, urn) AS (
             SELECT id, urn FROM entitlement WHERE state NOT IN ('released', 'refused')
             UNION
             SELECT up.id, link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
             WHERE NOT link.is_split AND link.established_date <= $1),
         down (id, urn) AS (
             SELECT id, urn FROM entitlement WHERE state NOT IN ('released', 'refused')
             UNION
             SELECT down.id, link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
             WHERE NOT link.is_split AND link.established_date <= $1),
         line AS (SELECT id, urn FROM up UNION SELECT id, urn FROM down)
         SELECT DISTINCT one.id, other.id FROM line one JOIN line other ON other.urn = one.urn AND other.id > one.id
         WHERE NOT EXISTS (SELECT 1 FROM review_pair told WHERE told.entitlement = one.id AND told.other = other.id)
         ORDER BY one.id, other.id LIMIT $2")
        .bind(day.to_string()).bind(limit).fetch_all(conn).await)?;
    Ok(typed(rows))
}

/// Entitlements, each with one of a school from which its own descends by a split on a day; those that were not told yet, at most so many.
pub(crate) async fn pair_list_split(
    tx: &mut Tx<'_>,
    day: Date,
    limit: i64,
) -> Result<Vec<(EntitlementId, EntitlementId)>, Error> {
    let rows: Vec<(String, String)> = sql!(tx, conn => sqlx::query_as(
        "WITH RECURSIVE up (id, urn, is_split) AS (
             SELECT id, urn, FALSE FROM entitlement WHERE state NOT IN ('released', 'refused')
             UNION
             SELECT up.id, link.predecessor_urn, up.is_split OR link.is_split
             FROM up JOIN school_link link ON link.successor_urn = up.urn
             WHERE link.established_date <= $1)
         SELECT DISTINCT up.id, other.id FROM up
         JOIN entitlement other ON other.urn = up.urn AND other.id <> up.id AND other.state NOT IN ('released', 'refused')
         WHERE up.is_split
           AND NOT EXISTS (SELECT 1 FROM review_pair told WHERE told.entitlement = up.id AND told.other = other.id)
         ORDER BY up.id, other.id LIMIT $2")
        .bind(day.to_string()).bind(limit).fetch_all(conn).await)?;
    Ok(typed(rows))
}

fn typed(rows: Vec<(String, String)>) -> Vec<(EntitlementId, EntitlementId)> {
    rows.into_iter().map(|(one, other)| (EntitlementId::trusted(one), EntitlementId::trusted(other))).collect()
}

/// Remembers that a pair was told. False when it was before.
pub(crate) async fn pair_insert(tx: &mut Tx<'_>, entitlement: &EntitlementId, other: &EntitlementId) -> Result<bool, Error> {
    let inserted = sql!(tx, conn => sqlx::query(
        "INSERT INTO review_pair (entitlement, other) VALUES ($1, $2) ON CONFLICT (entitlement, other) DO NOTHING")
        .bind(entitlement.as_str()).bind(other.as_str()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(inserted == 1)
}

/// Flags an entitlement, unless it waits for a decision already, and says whether it did.
pub(crate) async fn entitlement_flag(
    tx: &mut Tx<'_>,
    id: &EntitlementId,
    review: Review,
    other: &EntitlementId,
) -> Result<bool, Error> {
    let flagged = sql!(tx, conn => sqlx::query(
        "UPDATE entitlement SET review = $2, conflicting = $3, version = version + 1
         WHERE id = $1 AND review IS NULL AND state NOT IN ('released', 'refused')")
        .bind(id.as_str()).bind(review.as_str()).bind(other.as_str()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(flagged == 1)
}
