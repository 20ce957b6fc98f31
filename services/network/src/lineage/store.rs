//! Rows of links, and the part of their graph that is connected to a school by descent.

use std::collections::HashMap;

use db::{Error, Tx, sql};
use name::Urn;
use server::ApiError;
use time::{Date, Instant};

use super::{Descent, Lineage, LineageViolation, Link, LinkChange, PendingLink};
use crate::school::{RegisterEntry, column::DayOrBlank, store::SchoolRow};

/// Links that one statement writes.
const STATEMENT_LINKS_MAX: usize = 1_000;
/// Rows that a lineage may have. The largest real lineage has fewer than twenty.
const LINEAGE_ROWS_MAX: i64 = 10_000;

#[derive(sqlx::FromRow)]
struct LinkRow {
    predecessor_urn: Urn,
    successor_urn: Urn,
    kind: Descent,
    established_date: DayOrBlank,
}

impl From<LinkRow> for Link {
    fn from(row: LinkRow) -> Self {
        let LinkRow { predecessor_urn, successor_urn, kind, established_date } = row;
        Self { predecessor: predecessor_urn, successor: successor_urn, descent: kind, established: established_date.0 }
    }
}

/// Every link, in order of predecessor and successor. For an import, which compares them all.
pub(crate) async fn link_all(tx: &mut Tx<'_>) -> Result<Vec<Link>, Error> {
    let links = sql!(
        tx,
        "SELECT predecessor_urn, successor_urn, kind, established_date FROM school_link ORDER BY predecessor_urn, successor_urn"
    );
    let rows: Vec<LinkRow> = links.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Deletes links.
pub(crate) async fn link_delete(tx: &mut Tx<'_>, links: &[Link]) -> Result<(), Error> {
    for chunk in links.chunks(STATEMENT_LINKS_MAX) {
        let deleted = sql!(
            tx,
            "DELETE FROM school_link WHERE (predecessor_urn, successor_urn) IN (VALUES :links)",
            links = [link in chunk => link.predecessor, link.successor],
        );
        deleted.execute().await?;
    }
    Ok(())
}

/// Writes new and changed links.
pub(crate) async fn link_write(tx: &mut Tx<'_>, links: &[Link]) -> Result<(), Error> {
    for chunk in links.chunks(STATEMENT_LINKS_MAX) {
        let written = sql!(
            tx,
            "INSERT INTO school_link (predecessor_urn, successor_urn, kind, established_date) VALUES :links
             ON CONFLICT (predecessor_urn, successor_urn)
             DO UPDATE SET kind = excluded.kind, established_date = excluded.established_date",
            links = [link in chunk => link.predecessor, link.successor, link.descent, DayOrBlank(link.established)],
        );
        written.execute().await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct PendingLinkRow {
    predecessor_urn: Urn,
    successor_urn: Urn,
    kind: Option<Descent>,
    established_date: Option<DayOrBlank>,
    importer: String,
    import_time: Instant,
    current_kind: Option<Descent>,
    current_established_date: Option<DayOrBlank>,
}

impl From<PendingLinkRow> for PendingLink {
    fn from(row: PendingLinkRow) -> Self {
        let (predecessor, successor) = (row.predecessor_urn, row.successor_urn);
        let link =
            |(descent, established): (Descent, DayOrBlank)| Link { predecessor, successor, descent, established: established.0 };
        Self {
            current: row.current_kind.zip(row.current_established_date).map(link),
            confirmed: row.kind.zip(row.established_date).map(link),
            predecessor,
            successor,
            importer: row.importer,
            imported: row.import_time,
        }
    }
}

/// Pending links after a pair of predecessor and successor, in this order.
pub(super) async fn pending_link_page(tx: &mut Tx<'_>, after: (i64, i64), limit: i64) -> Result<Vec<PendingLink>, Error> {
    let page = sql!(
        tx,
        "SELECT pending.*, link.kind AS current_kind, link.established_date AS current_established_date
         FROM pending_link pending LEFT JOIN school_link link
             ON link.predecessor_urn = pending.predecessor_urn AND link.successor_urn = pending.successor_urn
         WHERE (pending.predecessor_urn, pending.successor_urn) > (:after_predecessor, :after_successor)
         ORDER BY pending.predecessor_urn, pending.successor_urn LIMIT :limit",
        after_predecessor = after.0,
        after_successor = after.1,
        limit,
    );
    let rows: Vec<PendingLinkRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Number of pending links, and the time since which the oldest has been pending.
pub(crate) async fn pending_link_count(tx: &mut Tx<'_>) -> Result<(i64, Option<Instant>), Error> {
    sql!(tx, "SELECT COUNT(*), MIN(first_import_time) FROM pending_link").fetch_one().await
}

/// Replaces all pending links by those of an import. A pair that was pending keeps the time since which it has been pending.
pub(crate) async fn pending_link_replace(
    tx: &mut Tx<'_>,
    change: &LinkChange,
    importer: &str,
    imported: Instant,
) -> Result<(), Error> {
    let before = sql!(tx, "SELECT predecessor_urn, successor_urn, first_import_time FROM pending_link").fetch_all().await?;
    let since: HashMap<(Urn, Urn), Instant> = before.into_iter().map(|(from, to, since)| ((from, to), since)).collect();
    sql!(tx, "DELETE FROM pending_link").execute().await?;
    let written = change.written.iter().map(|link| (link, Some(link.descent), Some(DayOrBlank(link.established))));
    let removed = change.removed.iter().map(|link| (link, None, None));
    let rows: Vec<(&Link, Option<Descent>, Option<DayOrBlank>)> = written.chain(removed).collect();
    for chunk in rows.chunks(STATEMENT_LINKS_MAX) {
        let inserted = sql!(
            tx,
            "INSERT INTO pending_link (predecessor_urn, successor_urn, kind, established_date, importer, import_time, first_import_time)
             VALUES :links",
            links = [(link, kind, established) in chunk =>
                link.predecessor, link.successor, kind, established, importer, imported,
                since.get(&(link.predecessor, link.successor)).map_or(imported, |since| imported.min(*since))
            ],
        );
        inserted.execute().await?;
    }
    Ok(())
}

/// Deletes pending links that another account than the confirmer imported, and gives their number.
pub(super) async fn pending_link_delete(tx: &mut Tx<'_>, links: &[PendingLink], confirmer: &str) -> Result<usize, Error> {
    let mut count = 0;
    for chunk in links.chunks(STATEMENT_LINKS_MAX) {
        let deleted = sql!(
            tx,
            "DELETE FROM pending_link WHERE importer <> :confirmer AND (predecessor_urn, successor_urn) IN (VALUES :links)",
            links = [link in chunk => link.predecessor, link.successor],
            confirmer,
        );
        count += usize::try_from(deleted.execute().await?).unwrap_or(usize::MAX);
    }
    Ok(count)
}

/// A school of a lineage, and a link that leads to it from another school of the lineage.
#[derive(sqlx::FromRow)]
struct LineageRow {
    #[sqlx(flatten)]
    school: SchoolRow,
    as_of: Date,
    is_older: bool,
    is_newer: bool,
    link_predecessor_urn: Option<Urn>,
    link_kind: Option<Descent>,
    link_established_date: Option<DayOrBlank>,
}

/// The lineage of a school on a day, or on the register's day. NOT_FOUND when there is no such school. One statement: the two recursive parts stop
/// where they come back to a school that they know, so that links in a circle do no harm; an empty date sorts before every day and so always holds.
/// Each school comes once for every link that leads to it from within, or once without.
pub(super) async fn lineage_by_urn(tx: &mut Tx<'_>, urn: Urn, as_of: Option<Date>) -> Result<Lineage, service::Error> {
    let lineage = sql!(
        tx,
        "WITH RECURSIVE
             judged (as_of) AS (SELECT CASE WHEN :as_of = '' THEN as_of_date ELSE :as_of END FROM register),
             older (urn) AS (
                 SELECT CAST(:urn AS BIGINT)
                 UNION
                 SELECT predecessor_urn FROM older JOIN school_link ON successor_urn = older.urn CROSS JOIN judged
                 WHERE established_date <= judged.as_of),
             newer (urn) AS (
                 SELECT CAST(:urn AS BIGINT)
                 UNION
                 SELECT successor_urn FROM newer JOIN school_link ON predecessor_urn = newer.urn CROSS JOIN judged
                 WHERE established_date <= judged.as_of),
             family (urn) AS (SELECT urn FROM older UNION SELECT urn FROM newer)
         SELECT school.*, judged.as_of,
             school.urn IN (SELECT urn FROM older) AS is_older, school.urn IN (SELECT urn FROM newer) AS is_newer,
             link.predecessor_urn AS link_predecessor_urn, link.kind AS link_kind,
             link.established_date AS link_established_date
         FROM school CROSS JOIN judged
         LEFT JOIN school_link AS link ON link.successor_urn = school.urn AND link.established_date <= judged.as_of
             AND link.predecessor_urn IN (SELECT urn FROM family)
         WHERE school.urn IN (SELECT urn FROM family)
         ORDER BY school.urn, link.predecessor_urn
         LIMIT :limit",
        as_of = DayOrBlank(as_of),
        urn,
        limit = LINEAGE_ROWS_MAX,
    );
    let rows: Vec<LineageRow> = lineage.fetch_all().await?;
    let is_complete = rows.len() < usize::try_from(LINEAGE_ROWS_MAX).unwrap_or(usize::MAX);
    let lineage = lineage_of_rows(urn, rows).ok_or_else(|| ApiError::not_found(&urn.to_string()))?;
    if is_complete { Ok(lineage) } else { Err(LineageViolation::TooLarge(urn).into()) }
}

fn lineage_of_rows(urn: Urn, rows: Vec<LineageRow>) -> Option<Lineage> {
    let mut found = None;
    let (mut predecessors, mut successors, mut links) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = None;
    for row in rows {
        let entry = RegisterEntry::from(row.school);
        let this = entry.school.urn;
        if let (Some(predecessor), Some(descent), Some(established)) =
            (row.link_predecessor_urn, row.link_kind, row.link_established_date)
        {
            links.push(Link { predecessor, successor: this, descent, established: established.0 });
        }
        if last.replace(this) == Some(this) {
            continue;
        }
        if this == urn {
            found = Some((entry, row.as_of));
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
    found.map(|(school, as_of)| Lineage { school, as_of, predecessors, successors, links })
}
