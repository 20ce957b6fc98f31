//! Successors of schools that are payees.

use db::{Error, Tx, sql};
use name::Urn;
use time::Date;

use crate::{batch::BatchId, entitlement::EntitlementId};

/// Tables, as literals of a `WITH RECURSIVE`, for the entitlements that are paid to a school and meet the condition `$which`, on a day. `path` has the URNs to
/// which links lead from the payee. `successor` has the school that has unambiguously taken the payee's place: the paths have one end, and no split leads off
/// them. Links alone prove nothing: the national links file has some links years too early, and some in the wrong direction. So a path does not lead away from
/// a school that is open in the register, and its end is no successor if the school is closed (2), proposed to open (3) or of unknown status (7).
macro_rules! successors {
    ($which:literal, $day:literal) => {
        concat!(
            "path (id, from_urn, urn) AS (
                 SELECT id, CAST(SUBSTR(payee_reference, 9) AS BIGINT), CAST(SUBSTR(payee_reference, 9) AS BIGINT)
                 FROM entitlement WHERE payee_kind = 'school' AND ",
            $which,
            "
                 UNION
                 SELECT path.id, path.from_urn, link.successor_urn FROM path JOIN school_link link ON link.predecessor_urn = path.urn
                 WHERE link.established_date <= ",
            $day,
            "
                   AND NOT EXISTS (
                       SELECT 1 FROM school WHERE school.urn = path.urn AND school.listed AND school.status_code NOT IN (2, 4))),
             path_end (id, from_urn, urn) AS (
                 SELECT path.id, path.from_urn, path.urn FROM path
                 WHERE NOT EXISTS (
                     SELECT 1 FROM path further JOIN school_link link ON link.successor_urn = further.urn
                     WHERE further.id = path.id AND link.predecessor_urn = path.urn)),
             successor (id, urn) AS (
                 SELECT one_end.id, one_end.urn
                 FROM (SELECT path_end.id, path_end.from_urn, MIN(path_end.urn) AS urn FROM path_end
                       GROUP BY path_end.id, path_end.from_urn HAVING COUNT(*) = 1) one_end
                 WHERE one_end.urn <> one_end.from_urn
                   AND NOT EXISTS (
                       SELECT 1 FROM path JOIN school_link link ON link.predecessor_urn = path.urn
                       WHERE path.id = one_end.id AND link.is_split AND link.established_date <= ",
            $day,
            ")
                   AND NOT EXISTS (SELECT 1 FROM school WHERE school.urn = one_end.urn AND school.listed AND school.status_code NOT IN (1, 3)))"
        )
    };
}
pub(crate) use successors;

/// Entitlements of a batch whose payee is a school with an unambiguous successor, and the successor.
pub(crate) async fn payee_list_succeeded(
    tx: &mut Tx<'_>,
    batch: &BatchId,
    day: Date,
) -> Result<Vec<(EntitlementId, Urn)>, Error> {
    let succeeded = sql!(
        tx,
        concat!(
            "WITH RECURSIVE ",
            successors!("batch = :batch", ":day"),
            " SELECT successor.id, successor.urn FROM successor ORDER BY successor.id"
        ),
        batch,
        day,
    );
    succeeded.fetch_all().await
}
