//! The one row of the register.

use db::{Error, Tx, sql};
use sqlx::AssertSqlSafe;

use super::{day_or_blank, text_or_blank};
use crate::domain::register::{LinkType, NewLaCodes, Reason, Register, Summary, UnknownCode};

#[derive(sqlx::FromRow)]
struct Row {
    version: i64,
    as_of_date: String,
    extract_sha256: String,
    links_sha256: String,
    rows_count: i64,
    reason_in_count: i64,
    reason_closed_count: i64,
    reason_proposed_to_open_count: i64,
    reason_not_state_funded_count: i64,
    reason_phase_not_counted_count: i64,
    reason_no_region_count: i64,
    reason_unknown_status_count: i64,
    reason_unknown_phase_count: i64,
    texts_repaired_count: i64,
    link_rows_count: i64,
    links_count: i64,
    link_rows_unknown_urn_count: i64,
    link_rows_other_count: i64,
    link_rows_undirected_count: i64,
    open_date_blank_count: i64,
    generated: bool,
    demonstration: bool,
    new_la_code_column_missing: bool,
    new_la_code_from_table_count: i64,
    new_la_code_unknown_count: i64,
}

impl Row {
    fn register(self, counts: Vec<CountRow>) -> Register {
        let mut summary = Summary {
            rows_count: self.rows_count,
            reason_counts: [
                self.reason_in_count,
                self.reason_closed_count,
                self.reason_proposed_to_open_count,
                self.reason_not_state_funded_count,
                self.reason_phase_not_counted_count,
                self.reason_no_region_count,
                self.reason_unknown_status_count,
                self.reason_unknown_phase_count,
            ],
            unknown_codes: Vec::new(),
            texts_repaired_count: self.texts_repaired_count,
            link_rows_count: self.link_rows_count,
            links_count: self.links_count,
            link_rows_unknown_urn_count: self.link_rows_unknown_urn_count,
            link_rows_other_count: self.link_rows_other_count,
            link_types: Vec::new(),
            link_rows_undirected_count: self.link_rows_undirected_count,
            open_date_blank_count: self.open_date_blank_count,
            new_la_codes: NewLaCodes {
                column_missing: self.new_la_code_column_missing,
                from_table_count: self.new_la_code_from_table_count,
                unknown_count: self.new_la_code_unknown_count,
            },
        };
        for CountRow { kind, name, rows_count, .. } in counts {
            match kind.as_str() {
                LINK_TYPE => summary.link_types.push(LinkType { link_type: name, rows_count }),
                UNKNOWN_STATUS => {
                    summary.unknown_codes.push(UnknownCode { reason: Reason::UnknownStatus, code: name, rows_count });
                }
                _ => summary.unknown_codes.push(UnknownCode { reason: Reason::UnknownPhase, code: name, rows_count }),
            }
        }
        Register {
            version: self.version,
            as_of: day_or_blank(&self.as_of_date),
            extract_sha256: self.extract_sha256,
            links_sha256: self.links_sha256,
            summary,
            generated: self.generated,
            demonstration: self.demonstration,
        }
    }
}

/// Kinds of counts by name.
const LINK_TYPE: &str = "link_type";
const UNKNOWN_STATUS: &str = "unknown_status";
const UNKNOWN_PHASE: &str = "unknown_phase";

/// Rows of the files by a name that they give.
#[derive(sqlx::FromRow)]
struct CountRow {
    kind: String,
    place: i64,
    name: String,
    rows_count: i64,
}

impl CountRow {
    fn all(summary: &Summary) -> Vec<Self> {
        let types = summary.link_types.iter().map(|each| (LINK_TYPE, &each.link_type, each.rows_count));
        let codes = summary.unknown_codes.iter().map(|each| {
            let kind = if each.reason == Reason::UnknownStatus { UNKNOWN_STATUS } else { UNKNOWN_PHASE };
            (kind, &each.code, each.rows_count)
        });
        let row = |(place, (kind, name, rows_count)): (i64, (&str, &String, i64))| Self {
            kind: kind.to_owned(),
            place,
            name: name.clone(),
            rows_count,
        };
        (0..).zip(types.chain(codes)).map(row).collect()
    }
}

#[derive(sqlx::FromRow)]
struct CurrentRow {
    #[sqlx(flatten)]
    register: Row,
    count_kind: Option<String>,
    count_place: Option<i64>,
    count_name: Option<String>,
    count_rows_count: Option<i64>,
}

/// The register that is served. One statement: an import between two would give the counts of another register.
pub(crate) async fn register_current(tx: &mut Tx<'_>) -> Result<Register, Error> {
    let rows: Vec<CurrentRow> = sql!(tx, conn => sqlx::query_as(
        "SELECT register.*, counted.kind AS count_kind, counted.place AS count_place, counted.name AS count_name,
             counted.rows_count AS count_rows_count
         FROM register LEFT JOIN register_count AS counted ON TRUE ORDER BY counted.place")
        .fetch_all(conn).await)?;
    let (mut register, mut counts) = (None, Vec::new());
    for row in rows {
        let (kind, place) = (row.count_kind, row.count_place);
        if let (Some(kind), Some(place), Some(name), Some(rows_count)) = (kind, place, row.count_name, row.count_rows_count) {
            counts.push(CountRow { kind, place, name, rows_count });
        }
        register = Some(row.register);
    }
    Ok(register.expect("the register's row is there from the beginning").register(counts))
}

/// The register that is served, locked: a second import waits here for the first.
pub(crate) async fn register_lock(tx: &mut Tx<'_>) -> Result<Register, Error> {
    sql!(tx, conn => sqlx::query("UPDATE register SET version = version").execute(conn).await.map(drop))?;
    register_current(tx).await
}

/// Serves another one.
pub(crate) async fn register_update(tx: &mut Tx<'_>, register: &Register) -> Result<(), Error> {
    let summary = &register.summary;
    let [included, closed, proposed, not_state_funded, phase, region, unknown_status, unknown_phase] = summary.reason_counts;
    sql!(tx, conn => sqlx::query(
        "UPDATE register SET version = $1, as_of_date = $2, extract_sha256 = $3, links_sha256 = $4, rows_count = $5, reason_in_count = $6,
             reason_closed_count = $7, reason_proposed_to_open_count = $8, reason_not_state_funded_count = $9,
             reason_phase_not_counted_count = $10, reason_no_region_count = $11, reason_unknown_status_count = $12,
             reason_unknown_phase_count = $13, texts_repaired_count = $14, link_rows_count = $15, links_count = $16,
             link_rows_unknown_urn_count = $17, link_rows_other_count = $18, link_rows_undirected_count = $19, open_date_blank_count = $20,
             generated = $21, new_la_code_column_missing = $22, new_la_code_from_table_count = $23, new_la_code_unknown_count = $24")
        .bind(register.version).bind(text_or_blank(register.as_of)).bind(&register.extract_sha256).bind(&register.links_sha256)
        .bind(summary.rows_count).bind(included).bind(closed).bind(proposed).bind(not_state_funded).bind(phase).bind(region)
        .bind(unknown_status).bind(unknown_phase).bind(summary.texts_repaired_count)
        .bind(summary.link_rows_count).bind(summary.links_count).bind(summary.link_rows_unknown_urn_count)
        .bind(summary.link_rows_other_count).bind(summary.link_rows_undirected_count).bind(summary.open_date_blank_count)
        .bind(register.generated).bind(summary.new_la_codes.column_missing).bind(summary.new_la_codes.from_table_count)
        .bind(summary.new_la_codes.unknown_count)
        .execute(conn).await.map(drop))?;
    sql!(tx, conn => sqlx::query("DELETE FROM register_count").execute(conn).await.map(drop))?;
    let counts = CountRow::all(summary);
    if counts.is_empty() {
        return Ok(());
    }
    let text = format!("INSERT INTO register_count (kind, place, name, rows_count) VALUES {}", tx.placeholders(counts.len(), 4));
    sql!(tx, conn => {
        let mut query = sqlx::query(AssertSqlSafe(text));
        for CountRow { kind, place, name, rows_count } in counts {
            query = query.bind(kind).bind(place).bind(name).bind(rows_count);
        }
        query.execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// Marks the suite as one that was created for a demonstration. Nothing resets it.
pub(crate) async fn register_mark_demonstration(tx: &mut Tx<'_>) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("UPDATE register SET demonstration = TRUE").execute(conn).await.map(drop))?;
    Ok(())
}
