//! The register as a message.

use db::Column;
use proto::network::v1 as pb;
use service::{Resource, count};

use super::{LinkType, Register, UnknownCode};
use crate::school::{RegisterReason, column::DayOrBlank};

impl From<&Register> for pb::Register {
    fn from(register: &Register) -> Self {
        let summary = &register.summary;
        let reasons = RegisterReason::ALL.iter().zip(summary.reason_counts);
        Self {
            name: register.name(),
            as_of_date: DayOrBlank(register.as_of).to_stored(),
            extract_sha256: register.extract_sha256.clone(),
            links_sha256: register.links_sha256.clone(),
            rows_count: count(summary.rows_count),
            reason_counts: reasons
                .map(|(reason, rows)| pb::RegisterReasonCount { reason: count(reason.number()), rows_count: count(rows) })
                .collect(),
            link_rows_count: count(summary.link_rows_count),
            links_count: count(summary.links_count),
            link_rows_unknown_urn_count: count(summary.link_rows_unknown_urn_count),
            link_rows_other_count: count(summary.link_rows_other_count),
            open_date_blank_count: count(summary.open_date_blank_count),
            new_la_code_column_missing: summary.new_la_codes.column_missing,
            new_la_code_from_table_count: count(summary.new_la_codes.from_table_count),
            new_la_code_unknown_count: count(summary.new_la_codes.unknown_count),
            etag: register.etag(),
            link_rows_undirected_count: count(summary.link_rows_undirected_count),
            link_type_counts: summary.link_types.iter().map(Into::into).collect(),
            unknown_code_counts: summary.unknown_codes.iter().map(Into::into).collect(),
            texts_repaired_count: count(summary.texts_repaired_count),
            pending_links_count: count(register.pending_links_count),
        }
    }
}

impl From<&LinkType> for pb::LinkTypeCount {
    fn from(counted: &LinkType) -> Self {
        Self { link_type: counted.link_type.clone(), rows_count: count(counted.rows_count) }
    }
}

impl From<&UnknownCode> for pb::UnknownCodeCount {
    fn from(counted: &UnknownCode) -> Self {
        Self { reason: count(counted.reason.number()), code: counted.code.clone(), rows_count: count(counted.rows_count) }
    }
}
