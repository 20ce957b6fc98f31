//! The part of the graph of links that is connected to a school by descent.

use db::{Error, Tx, sql};
use time::Date;

use super::{day, link, school};
use crate::domain::{Urn, lineage::Link, register::Entry};

/// Rows that a lineage may have. The largest real one has fewer than twenty.
pub(crate) const LINEAGE_ROWS_MAX: i64 = 10_000;

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    school: school::Row,
    as_of: String,
    is_older: bool,
    is_newer: bool,
    link_predecessor_urn: Option<i64>,
    link_kind: Option<i64>,
    link_established_date: Option<String>,
}

/// A school's lineage on a day.
#[derive(Debug)]
pub(crate) struct Lineage {
    pub(crate) school: Entry,
    pub(crate) as_of: Date,
    /// In order of URN, as the others.
    pub(crate) predecessors: Vec<Entry>,
    pub(crate) successors: Vec<Entry>,
    pub(crate) links: Vec<Link>,
    /// False when there was more than could be read.
    pub(crate) complete: bool,
}

/// The lineage of a school on a day, or on the register's own; `None` when there is no such school. One statement: the two recursive parts stop
/// where they come back to a school that they know, so that links in a circle do no harm; an empty date sorts before every day and so always holds.
/// Each school comes once for every link that leads to it from within, or once without.
pub(crate) async fn lineage_find(tx: &mut Tx<'_>, urn: Urn, as_of: Option<Date>) -> Result<Option<Lineage>, Error> {
    let rows: Vec<Row> = sql!(tx, conn => sqlx::query_as(
        "WITH RECURSIVE
             judged (as_of) AS (SELECT CASE WHEN $2 = '' THEN as_of_date ELSE $2 END FROM register),
             older (urn) AS (
                 SELECT CAST($1 AS BIGINT)
                 UNION
                 SELECT predecessor_urn FROM older JOIN school_link ON successor_urn = older.urn CROSS JOIN judged
                 WHERE established_date <= judged.as_of),
             newer (urn) AS (
                 SELECT CAST($1 AS BIGINT)
                 UNION
                 SELECT successor_urn FROM newer JOIN school_link ON predecessor_urn = newer.urn CROSS JOIN judged
                 WHERE established_date <= judged.as_of),
             family (urn) AS (SELECT urn FROM older UNION SELECT urn FROM newer)
         SELECT school.*, judged.as_of,
             school.urn IN (SELECT urn FROM older) AS is_older, school.urn IN (SELECT urn FROM newer) AS is_newer,
             link.predecessor_urn AS link_predecessor_urn, link.kind AS link_kind, link.established_date AS link_established_date
         FROM school CROSS JOIN judged
         LEFT JOIN school_link AS link ON link.successor_urn = school.urn AND link.established_date <= judged.as_of
             AND link.predecessor_urn IN (SELECT urn FROM family)
         WHERE school.urn IN (SELECT urn FROM family)
         ORDER BY school.urn, link.predecessor_urn
         LIMIT $3")
        .bind(i64::from(urn)).bind(super::text_or_blank(as_of)).bind(LINEAGE_ROWS_MAX).fetch_all(conn).await)?;
    let complete = rows.len() < usize::try_from(LINEAGE_ROWS_MAX).unwrap_or(usize::MAX);
    let mut found = None;
    let (mut predecessors, mut successors, mut links) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = None;
    for row in rows {
        let entry = row.school.entry();
        let this = entry.school.urn;
        if let (Some(predecessor_urn), Some(kind), Some(established_date)) =
            (row.link_predecessor_urn, row.link_kind, row.link_established_date)
        {
            links.push(link::Row { predecessor_urn, successor_urn: i64::from(this), kind, established_date }.link());
        }
        if last.replace(this) == Some(this) {
            continue;
        }
        if this == urn {
            found = Some((entry, day(&row.as_of)));
            continue;
        }
        if row.is_older {
            predecessors.push(entry.clone());
        }
        if row.is_newer {
            successors.push(entry);
        }
    }
    links.sort_by_key(|link| (link.predecessor, link.successor));
    Ok(found.map(|(school, as_of)| Lineage { school, as_of, predecessors, successors, links, complete }))
}
