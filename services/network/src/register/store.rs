//! The one row of the register, and its counts by name.

use db::{Error, Tx, sql};

use super::{LinkType, NewLaCodes, Register, Summary, UnknownCode};
use crate::school::{RegisterReason, column::DayOrBlank};

#[derive(sqlx::FromRow)]
struct RegisterRow {
    version: i64,
    as_of_date: DayOrBlank,
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
    pending_links_count: i64,
}

impl RegisterRow {
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
        for CountRow { kind, name, rows_count } in counts {
            let mut unknown = |reason| summary.unknown_codes.push(UnknownCode { reason, code: name.clone(), rows_count });
            match kind {
                CountKind::LinkType => summary.link_types.push(LinkType { link_type: name, rows_count }),
                CountKind::UnknownStatus => unknown(RegisterReason::UnknownStatus),
                CountKind::UnknownPhase => unknown(RegisterReason::UnknownPhase),
            }
        }
        Register {
            version: self.version,
            as_of: self.as_of_date.0,
            extract_sha256: self.extract_sha256,
            links_sha256: self.links_sha256,
            summary,
            generated: self.generated,
            demonstration: self.demonstration,
            pending_links_count: self.pending_links_count,
        }
    }
}

db::text_enum! {
    /// The kind of a name whose rows are counted.
    enum CountKind {
        /// A type of links without descent.
        LinkType = "link_type",
        /// An unknown code of a status.
        UnknownStatus = "unknown_status",
        /// An unknown code of a phase.
        UnknownPhase = "unknown_phase",
    }
}

/// Rows of the files with a name that the files give.
struct CountRow {
    kind: CountKind,
    name: String,
    rows_count: i64,
}

impl CountRow {
    fn all(summary: &Summary) -> Vec<Self> {
        let row = |kind, name: &String, rows_count| Self { kind, name: name.clone(), rows_count };
        let types = summary.link_types.iter().map(|each| row(CountKind::LinkType, &each.link_type, each.rows_count));
        let codes = summary.unknown_codes.iter().map(|each| {
            let is_status = each.reason == RegisterReason::UnknownStatus;
            row(if is_status { CountKind::UnknownStatus } else { CountKind::UnknownPhase }, &each.code, each.rows_count)
        });
        types.chain(codes).collect()
    }
}

#[derive(sqlx::FromRow)]
struct CurrentRow {
    #[sqlx(flatten)]
    register: RegisterRow,
    count_kind: Option<CountKind>,
    count_name: Option<String>,
    count_rows_count: Option<i64>,
}

/// The register that is served. One statement: two statements could give the row of one register and the counts of another.
pub(crate) async fn register_current(tx: &mut Tx<'_>) -> Result<Register, Error> {
    let current = sql!(
        tx,
        "SELECT register.*, (SELECT COUNT(*) FROM pending_link) AS pending_links_count, counted.kind AS count_kind, counted.name AS count_name, counted.rows_count AS count_rows_count
         FROM register LEFT JOIN register_count AS counted ON TRUE ORDER BY counted.place"
    );
    let rows: Vec<CurrentRow> = current.fetch_all().await?;
    let (mut register, mut counts) = (None, Vec::new());
    for row in rows {
        if let (Some(kind), Some(name), Some(rows_count)) = (row.count_kind, row.count_name, row.count_rows_count) {
            counts.push(CountRow { kind, name, rows_count });
        }
        register = Some(row.register);
    }
    Ok(register.ok_or(sqlx::Error::RowNotFound)?.register(counts))
}

/// The register that is served, locked: a second import waits for the first.
pub(crate) async fn register_current_for_update(tx: &mut Tx<'_>) -> Result<Register, Error> {
    sql!(tx, "UPDATE register SET version = version").execute().await?;
    register_current(tx).await
}

/// Serves the next register. Its row is locked.
pub(crate) async fn register_update(tx: &mut Tx<'_>, register: &Register) -> Result<(), Error> {
    let summary = &register.summary;
    let [included, closed, proposed, not_state_funded, phase, region, unknown_status, unknown_phase] = summary.reason_counts;
    let updated = sql!(
        tx,
        "UPDATE register SET version = :version, as_of_date = :as_of_date, extract_sha256 = :extract_sha256, links_sha256 = :links_sha256,
             rows_count = :rows_count, reason_in_count = :included, reason_closed_count = :closed,
             reason_proposed_to_open_count = :proposed, reason_not_state_funded_count = :not_state_funded,
             reason_phase_not_counted_count = :phase, reason_no_region_count = :region,
             reason_unknown_status_count = :unknown_status, reason_unknown_phase_count = :unknown_phase,
             texts_repaired_count = :texts_repaired_count, link_rows_count = :link_rows_count, links_count = :links_count,
             link_rows_unknown_urn_count = :link_rows_unknown_urn_count, link_rows_other_count = :link_rows_other_count,
             link_rows_undirected_count = :link_rows_undirected_count, open_date_blank_count = :open_date_blank_count,
             generated = :generated, new_la_code_column_missing = :new_la_code_column_missing,
             new_la_code_from_table_count = :new_la_code_from_table_count, new_la_code_unknown_count = :new_la_code_unknown_count",
        version = register.version,
        as_of_date = DayOrBlank(register.as_of),
        extract_sha256 = register.extract_sha256,
        links_sha256 = register.links_sha256,
        rows_count = summary.rows_count,
        included,
        closed,
        proposed,
        not_state_funded,
        phase,
        region,
        unknown_status,
        unknown_phase,
        texts_repaired_count = summary.texts_repaired_count,
        link_rows_count = summary.link_rows_count,
        links_count = summary.links_count,
        link_rows_unknown_urn_count = summary.link_rows_unknown_urn_count,
        link_rows_other_count = summary.link_rows_other_count,
        link_rows_undirected_count = summary.link_rows_undirected_count,
        open_date_blank_count = summary.open_date_blank_count,
        generated = register.generated,
        new_la_code_column_missing = summary.new_la_codes.column_missing,
        new_la_code_from_table_count = summary.new_la_codes.from_table_count,
        new_la_code_unknown_count = summary.new_la_codes.unknown_count,
    );
    updated.execute().await?;
    sql!(tx, "DELETE FROM register_count").execute().await?;
    let counts = CountRow::all(summary);
    if counts.is_empty() {
        return Ok(());
    }
    let inserted = sql!(
        tx,
        "INSERT INTO register_count (kind, place, name, rows_count) VALUES :counts",
        counts = [(place, count) in (0_i64..).zip(&counts) => count.kind, place, count.name, count.rows_count],
    );
    inserted.execute().await.map(drop)
}

/// Marks the suite as created for a demonstration. Nothing resets the mark.
pub(crate) async fn register_mark_demonstration(tx: &mut Tx<'_>) -> Result<(), Error> {
    sql!(tx, "UPDATE register SET demonstration = TRUE").execute().await.map(drop)
}
