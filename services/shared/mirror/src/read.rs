//! What use cases ask the mirror.

use db::{Error, Tx, sql};
use name::{HubId, Urn};
use time::Date;

use crate::{Hub, School};

/// Schools of one lineage at most. The longest in the national register has a dozen.
pub const LINEAGE_URNS_MAX: i64 = 500;

/// A school that the newest register lists.
pub async fn find_school(tx: &mut Tx<'_>, urn: Urn) -> Result<Option<School>, Error> {
    let found: Option<(String, i64, i64)> = sql!(tx, conn => sqlx::query_as(
        "SELECT old_la_code, education_phase, register_reason FROM school WHERE urn = $1 AND listed")
        .bind(urn.number()).fetch_optional(conn).await)?;
    Ok(found.map(|(old_la_code, phase, reason)| School::of(urn, old_la_code, phase, reason)))
}

/// A hub that the network has, or had.
pub async fn find_hub(tx: &mut Tx<'_>, hub: &HubId) -> Result<Option<Hub>, Error> {
    let found: Option<(Option<String>, Option<String>)> = sql!(tx, conn => sqlx::query_as(
        "SELECT start_date, end_date FROM hub WHERE id = $1").bind(hub.as_str()).fetch_optional(conn).await)?;
    Ok(found.map(|(start_date, end_date)| Hub::of(hub.clone(), start_date.as_deref(), end_date.as_deref())))
}

/// Whether the network has such a hub, or had.
pub async fn hub_exists(tx: &mut Tx<'_>, hub: &HubId) -> Result<bool, Error> {
    let found: Option<(String,)> =
        sql!(tx, conn => sqlx::query_as("SELECT id FROM hub WHERE id = $1").bind(hub.as_str()).fetch_optional(conn).await)?;
    Ok(found.is_some())
}

/// The URNs of a school's lineage on a day, ascending: itself, those from which it descends, those that descend from it. Splits are passed over,
/// because who follows is a person's decision. At most [`LINEAGE_URNS_MAX`].
pub async fn lineage(tx: &mut Tx<'_>, urn: Urn, day: Date) -> Result<Vec<Urn>, Error> {
    let rows: Vec<(i64,)> = sql!(tx, conn => sqlx::query_as(concat!(
        "SELECT line.urn FROM (", crate::lineage!("$1", "$2"), ") line ORDER BY line.urn LIMIT $3"))
        .bind(urn.number()).bind(day.to_string()).bind(LINEAGE_URNS_MAX).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(urn,)| Urn::trusted(urn)).collect())
}

/// A query of the URNs from which a school descends, and its own, as a literal: `ancestors!("$2", "$3")` where $2 is the school and $3 the day.
#[macro_export]
macro_rules! ancestors {
    ($urn:literal, $day:literal) => {
        concat!(
            "WITH RECURSIVE up (urn) AS (
                 SELECT ",
            $urn,
            "
                 UNION
                 SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
                 WHERE NOT link.is_split AND link.established_date <= ",
            $day,
            ")
             SELECT up.urn FROM up"
        )
    };
}

/// A query of the URNs that descend from a school, and its own, as a literal, in the same way.
#[macro_export]
macro_rules! descendants {
    ($urn:literal, $day:literal) => {
        concat!(
            "WITH RECURSIVE down (urn) AS (
                 SELECT ",
            $urn,
            "
                 UNION
                 SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
                 WHERE NOT link.is_split AND link.established_date <= ",
            $day,
            ")
             SELECT down.urn FROM down"
        )
    };
}

/// A query of the URNs of a school's whole lineage, as a literal: those of [`ancestors!`], and those of [`descendants!`], for which the column
/// `descends` is 1, and 0 for the others.
#[macro_export]
macro_rules! lineage {
    ($urn:literal, $day:literal) => {
        concat!(
            "SELECT either.urn, MAX(either.descends) AS descends
             FROM (SELECT down.urn, 1 AS descends FROM (",
            $crate::descendants!($urn, $day),
            ") down
                   UNION ALL
                   SELECT up.urn, 0 AS descends FROM (",
            $crate::ancestors!($urn, $day),
            ") up) either
             GROUP BY either.urn"
        )
    };
}
