//! Schools.

use std::sync::Arc;

use db::{Error, Tx, sql};
use sqlx::AssertSqlSafe;

use super::{day_or_blank, text_or_blank};
use crate::{
    code::{Code, code_or_zero},
    domain::{
        Urn, geography,
        register::{Entry, Phase, Reason, School},
    },
};

/// Schools that one statement writes.
const STATEMENT_SCHOOLS_MAX: usize = 500;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    urn: i64,
    school_name: String,
    old_la_code: String,
    former_old_la_code: String,
    new_la_code: String,
    la_name: String,
    region_code: String,
    type_code: i64,
    type_group_code: i64,
    status_code: i64,
    phase_code: i64,
    education_phase: i64,
    open_date: String,
    close_date: String,
    register_reason: i64,
    fsm_permille: Option<i64>,
    listed: bool,
    version: i64,
}

impl Row {
    pub(super) fn entry(self) -> Entry {
        let school = School {
            urn: Urn::new_checked(self.urn).expect("a constraint keeps URNs"),
            school_name: self.school_name.into(),
            old_la_code: self.old_la_code.into(),
            former_old_la_code: self.former_old_la_code.into(),
            new_la_code: self.new_la_code.into(),
            la_name: self.la_name.into(),
            region: geography::region_by_code(&self.region_code),
            type_code: self.type_code,
            type_group_code: self.type_group_code,
            status_code: self.status_code,
            phase_code: self.phase_code,
            phase: Phase::stored(self.education_phase),
            open_date: day_or_blank(&self.open_date),
            close_date: day_or_blank(&self.close_date),
            reason: Reason::stored(self.register_reason).expect("a constraint keeps reasons"),
            fsm_permille: self.fsm_permille,
        };
        Entry { school, listed: self.listed, version: self.version }
    }
}

/// One school, listed or not.
pub(crate) async fn school_find(tx: &mut Tx<'_>, urn: Urn) -> Result<Option<Entry>, Error> {
    let row: Option<Row> = sql!(tx, conn => sqlx::query_as("SELECT * FROM school WHERE urn = $1")
        .bind(i64::from(urn)).fetch_optional(conn).await)?;
    Ok(row.map(Row::entry))
}

/// Every school, in order of URN. For an import, which compares them all.
pub(crate) async fn school_all(tx: &mut Tx<'_>) -> Result<Vec<Entry>, Error> {
    let rows: Vec<Row> = sql!(tx, conn => sqlx::query_as("SELECT * FROM school ORDER BY urn").fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Row::entry).collect())
}

/// Which schools are listed in a page. What is `None` or empty does not filter.
#[derive(Debug, Clone, Default)]
pub(crate) struct SchoolFilter {
    pub(crate) region_code: String,
    pub(crate) old_la_code: String,
    pub(crate) phase: Option<Phase>,
    /// Rows of the newest extract only, because only they have a reason now.
    pub(crate) reason: Option<Reason>,
}

#[derive(sqlx::FromRow)]
struct ListRow {
    #[sqlx(flatten)]
    school: Row,
    register_version: i64,
}

/// Schools after a URN, in order of URN, each with the version of the register that is served.
pub(crate) async fn school_list(
    tx: &mut Tx<'_>,
    filter: &SchoolFilter,
    after: i64,
    limit: i64,
) -> Result<Vec<(Entry, i64)>, Error> {
    let rows: Vec<ListRow> = sql!(tx, conn => sqlx::query_as(
        "SELECT school.*, register.version AS register_version FROM school CROSS JOIN register
         WHERE urn > $1 AND ($2 = '' OR region_code = $2) AND ($3 = '' OR old_la_code = $3)
             AND (CAST($4 AS BIGINT) = 0 OR education_phase = CAST($4 AS BIGINT))
             AND (CAST($5 AS BIGINT) = 0 OR (register_reason = CAST($5 AS BIGINT) AND listed))
         ORDER BY urn LIMIT $6")
        .bind(after).bind(&filter.region_code).bind(&filter.old_la_code).bind(i64::from(code_or_zero(filter.phase)))
        .bind(i64::from(code_or_zero(filter.reason))).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|row| (row.school.entry(), row.register_version)).collect())
}

/// Writes schools as they shall be: new ones, and those that are there already. While the database is busy with a statement, `meanwhile` is called.
pub(crate) async fn school_write(tx: &mut Tx<'_>, entries: &[Entry], mut meanwhile: impl FnMut() + Send) -> Result<(), Error> {
    for chunk in entries.chunks(STATEMENT_SCHOOLS_MAX) {
        let text = format!(
            "INSERT INTO school (urn, school_name, old_la_code, former_old_la_code, new_la_code, la_name, region_code, type_code, type_group_code, status_code,
                 phase_code, education_phase, open_date, close_date, register_reason, fsm_permille, listed, version)
             VALUES {}
             ON CONFLICT (urn) DO UPDATE SET school_name = excluded.school_name, old_la_code = excluded.old_la_code,
                 former_old_la_code = excluded.former_old_la_code,
                 new_la_code = excluded.new_la_code, la_name = excluded.la_name, region_code = excluded.region_code,
                 type_code = excluded.type_code, type_group_code = excluded.type_group_code, status_code = excluded.status_code,
                 phase_code = excluded.phase_code, education_phase = excluded.education_phase, open_date = excluded.open_date,
                 close_date = excluded.close_date, register_reason = excluded.register_reason, fsm_permille = excluded.fsm_permille,
                 listed = excluded.listed, version = excluded.version",
            tx.placeholders(chunk.len(), 18)
        );
        sql!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text));
            for Entry { school, listed, version } in chunk {
                query = query
                    .bind(i64::from(school.urn)).bind(Arc::clone(&school.school_name)).bind(Arc::clone(&school.old_la_code))
                    .bind(Arc::clone(&school.former_old_la_code)).bind(Arc::clone(&school.new_la_code))
                    .bind(Arc::clone(&school.la_name)).bind(school.region.map_or("", |region| region.code)).bind(school.type_code)
                    .bind(school.type_group_code).bind(school.status_code).bind(school.phase_code)
                    .bind(i64::from(code_or_zero(school.phase))).bind(text_or_blank(school.open_date))
                    .bind(text_or_blank(school.close_date)).bind(i64::from(school.reason.code())).bind(school.fsm_permille)
                    .bind(*listed).bind(*version);
            }
            let (done, ()) = futures::join!(query.execute(conn), async { meanwhile() });
            done.map(drop)
        })?;
    }
    Ok(())
}
