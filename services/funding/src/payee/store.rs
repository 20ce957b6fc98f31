//! Schools that are to be paid, and have closed since.

use db::{Error, Tx, sql};
use name::Urn;
use time::Date;

use crate::domain::{BatchId, EntitlementId};

/// Tables, as literals of a `WITH RECURSIVE`, about entitlements that are paid to a school and that `$which` says, a condition on them. `way` has the URNs to
/// which links lead from the payee's; `plain` has who stands in its place, where that is plain on a day: there is one end, and none leads off the way by a
/// split. Links alone are no proof: the national ones have some years before what they tell of, and some the wrong way round. So none leads away from a school
/// that the register has open, nor to an end that it has closed (2) or not open yet (3), or whose status is not known (7).
macro_rules! plain {
    ($which:literal, $day:literal) => {
        concat!(
            "way (id, from_urn, urn) AS (
                 SELECT id, CAST(SUBSTR(payee_reference, 9) AS BIGINT), CAST(SUBSTR(payee_reference, 9) AS BIGINT)
                 FROM entitlement WHERE payee_kind = 'school' AND ",
            $which,
            "
                 UNION
                 SELECT way.id, way.from_urn, link.successor_urn FROM way JOIN school_link link ON link.predecessor_urn = way.urn
                 WHERE link.established_date <= ",
            $day,
            "
                   AND NOT EXISTS (
                       SELECT 1 FROM school WHERE school.urn = way.urn AND school.listed AND school.register_reason NOT IN (2, 3))),
             way_end (id, from_urn, urn) AS (
                 SELECT way.id, way.from_urn, way.urn FROM way
                 WHERE NOT EXISTS (
                     SELECT 1 FROM way further JOIN school_link link ON link.successor_urn = further.urn
                     WHERE further.id = way.id AND link.predecessor_urn = way.urn)),
             plain (id, urn) AS (
                 SELECT one_end.id, one_end.urn
                 FROM (SELECT way_end.id, way_end.from_urn, MIN(way_end.urn) AS urn FROM way_end
                       GROUP BY way_end.id, way_end.from_urn HAVING COUNT(*) = 1) one_end
                 WHERE one_end.urn <> one_end.from_urn
                   AND NOT EXISTS (
                       SELECT 1 FROM way JOIN school_link link ON link.predecessor_urn = way.urn
                       WHERE way.id = one_end.id AND link.is_split AND link.established_date <= ",
            $day,
            ")
                   AND NOT EXISTS (SELECT 1 FROM school WHERE school.urn = one_end.urn AND school.listed AND school.register_reason IN (2, 3, 7)))"
        )
    };
}
pub(super) use plain;

/// Lines of a batch that are to be paid to a school in whose place another plainly stands, with that other.
pub(crate) async fn payee_list_succeeded(
    tx: &mut Tx<'_>,
    batch: &BatchId,
    day: Date,
) -> Result<Vec<(EntitlementId, Urn)>, Error> {
    let rows: Vec<(String, i64)> = sql!(tx, conn => sqlx::query_as(concat!(
        "WITH RECURSIVE ", plain!("batch = $1", "$2"), " SELECT plain.id, plain.urn FROM plain ORDER BY plain.id"))
        .bind(batch.as_str()).bind(day.to_string()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(id, urn)| (EntitlementId::trusted(id), Urn::trusted(urn))).collect())
}
