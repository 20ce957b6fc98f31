//! Links between schools.

use db::{Error, Tx, sql};
use sqlx::AssertSqlSafe;

use super::{day_or_blank, text_or_blank};
use crate::{
    code::Code,
    domain::{
        Urn,
        lineage::{Descent, Link},
    },
};

/// Links that one statement writes.
const STATEMENT_LINKS_MAX: usize = 1_000;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) predecessor_urn: i64,
    pub(super) successor_urn: i64,
    pub(super) kind: i64,
    pub(super) established_date: String,
}

impl Row {
    pub(super) fn link(self) -> Link {
        Link {
            predecessor: Urn::new_checked(self.predecessor_urn).expect("a constraint keeps URNs"),
            successor: Urn::new_checked(self.successor_urn).expect("a constraint keeps URNs"),
            descent: Descent::stored(self.kind).expect("a constraint keeps kinds"),
            established: day_or_blank(&self.established_date),
        }
    }
}

/// Every link, in order of predecessor and successor. For an import, which compares them all.
pub(crate) async fn link_all(tx: &mut Tx<'_>) -> Result<Vec<Link>, Error> {
    let rows: Vec<Row> = sql!(tx, conn => sqlx::query_as("SELECT * FROM school_link ORDER BY predecessor_urn, successor_urn")
        .fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Row::link).collect())
}

/// Deletes links.
pub(crate) async fn link_delete(tx: &mut Tx<'_>, links: &[Link]) -> Result<(), Error> {
    for chunk in links.chunks(STATEMENT_LINKS_MAX) {
        let text = format!(
            "DELETE FROM school_link WHERE (predecessor_urn, successor_urn) IN (VALUES {})",
            tx.placeholders(chunk.len(), 2)
        );
        sql!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text));
            for link in chunk {
                query = query.bind(i64::from(link.predecessor)).bind(i64::from(link.successor));
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

/// Writes links as they shall be.
pub(crate) async fn link_write(tx: &mut Tx<'_>, links: &[Link]) -> Result<(), Error> {
    for chunk in links.chunks(STATEMENT_LINKS_MAX) {
        let text = format!(
            "INSERT INTO school_link (predecessor_urn, successor_urn, kind, established_date) VALUES {}
             ON CONFLICT (predecessor_urn, successor_urn) DO UPDATE SET kind = excluded.kind, established_date = excluded.established_date",
            tx.placeholders(chunk.len(), 4)
        );
        sql!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text));
            for link in chunk {
                query = query.bind(i64::from(link.predecessor)).bind(i64::from(link.successor))
                    .bind(i64::from(link.descent.code())).bind(text_or_blank(link.established));
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}
