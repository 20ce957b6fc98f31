//! The one row of the register.

use db::{Error, Tx, sql};

use super::{day_or_blank, text_or_blank};
use crate::domain::register::{NewLaCodes, Register, Summary};

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
    link_rows_count: i64,
    links_count: i64,
    link_rows_unknown_urn_count: i64,
    link_rows_other_count: i64,
    open_date_blank_count: i64,
    generated: bool,
    demonstration: bool,
    new_la_code_column_missing: bool,
    new_la_code_from_table_count: i64,
    new_la_code_unknown_count: i64,
}

impl Row {
    fn register(self) -> Register {
        let summary = Summary {
            rows_count: self.rows_count,
            reason_counts: [
                self.reason_in_count,
                self.reason_closed_count,
                self.reason_proposed_to_open_count,
                self.reason_not_state_funded_count,
                self.reason_phase_not_counted_count,
                self.reason_no_region_count,
            ],
            link_rows_count: self.link_rows_count,
            links_count: self.links_count,
            link_rows_unknown_urn_count: self.link_rows_unknown_urn_count,
            link_rows_other_count: self.link_rows_other_count,
            open_date_blank_count: self.open_date_blank_count,
            new_la_codes: NewLaCodes {
                column_missing: self.new_la_code_column_missing,
                from_table_count: self.new_la_code_from_table_count,
                unknown_count: self.new_la_code_unknown_count,
            },
        };
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

/// The register that is served.
pub(crate) async fn register_current(tx: &mut Tx<'_>) -> Result<Register, Error> {
    let row: Row = sql!(tx, conn => sqlx::query_as("SELECT * FROM register").fetch_one(conn).await)?;
    Ok(row.register())
}

/// The register that is served, locked: a second import waits here for the first.
pub(crate) async fn register_lock(tx: &mut Tx<'_>) -> Result<Register, Error> {
    let row: Row = sql!(tx, conn => sqlx::query_as("UPDATE register SET version = version RETURNING *").fetch_one(conn).await)?;
    Ok(row.register())
}

/// Serves another one.
pub(crate) async fn register_update(tx: &mut Tx<'_>, register: &Register) -> Result<(), Error> {
    let summary = &register.summary;
    let [included, closed, proposed, not_state_funded, phase, region] = summary.reason_counts;
    sql!(tx, conn => sqlx::query(
        "UPDATE register SET version = $1, as_of_date = $2, extract_sha256 = $3, links_sha256 = $4, rows_count = $5, reason_in_count = $6,
             reason_closed_count = $7, reason_proposed_to_open_count = $8, reason_not_state_funded_count = $9,
             reason_phase_not_counted_count = $10, reason_no_region_count = $11, link_rows_count = $12, links_count = $13,
             link_rows_unknown_urn_count = $14, link_rows_other_count = $15, open_date_blank_count = $16, generated = $17,
             new_la_code_column_missing = $18, new_la_code_from_table_count = $19, new_la_code_unknown_count = $20")
        .bind(register.version).bind(text_or_blank(register.as_of)).bind(&register.extract_sha256).bind(&register.links_sha256)
        .bind(summary.rows_count).bind(included).bind(closed).bind(proposed).bind(not_state_funded).bind(phase).bind(region)
        .bind(summary.link_rows_count).bind(summary.links_count).bind(summary.link_rows_unknown_urn_count)
        .bind(summary.link_rows_other_count).bind(summary.open_date_blank_count).bind(register.generated)
        .bind(summary.new_la_codes.column_missing).bind(summary.new_la_codes.from_table_count)
        .bind(summary.new_la_codes.unknown_count)
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Marks the suite as one that was created for a demonstration. Nothing resets it.
pub(crate) async fn register_mark_demonstration(tx: &mut Tx<'_>) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("UPDATE register SET demonstration = TRUE").execute(conn).await.map(drop))?;
    Ok(())
}
