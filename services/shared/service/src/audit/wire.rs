//! Audit records as messages, and filters from them.

use feed::Actor;
use proto::{audit::v1 as pb, feed::v1 as feed_pb};
use server::Fields;
use time::Instant;

use super::rules::{AuditFilter, AuditKind, AuditRecord};

/// Longest filter text.
const FILTER_LENGTH_MAX: usize = 300;

impl From<&AuditRecord> for pb::AuditRecord {
    fn from(record: &AuditRecord) -> Self {
        let (issuer, subject) = record.identity.clone().unwrap_or_default();
        Self {
            id: record.id.as_str().to_owned(),
            kind: pb::AuditKind::from(record.kind).into(),
            record_time: Some(record.first_time.to_proto()),
            last_time: record.last_time.map(Instant::to_proto),
            actor: Some(actor(&record.actor)),
            issuer,
            subject,
            confirmer: record.confirmer.as_ref().map(actor),
            action: record.action.clone(),
            resource: record.resource.clone(),
            reason: record.reason.clone(),
            records_count: record.records_count,
        }
    }
}

impl From<AuditKind> for pb::AuditKind {
    fn from(kind: AuditKind) -> Self {
        match kind {
            AuditKind::Change => Self::Change,
            AuditKind::Reading => Self::Reading,
            AuditKind::Refusal => Self::Refusal,
        }
    }
}

fn actor(actor: &Actor) -> feed_pb::Actor {
    feed_pb::Actor { id: actor.id.clone(), role: actor.role.clone(), acting_for: actor.acting_for.clone() }
}

pub(super) fn filter(fields: &mut Fields, message: &pb::ListAuditRecordsRequest) -> Option<AuditFilter> {
    for (field, text) in [("resource", &message.resource), ("actor", &message.actor)] {
        let is_name = text.len() <= FILTER_LENGTH_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
        fields.require(field, is_name, "must be at most 300 printable characters without spaces");
    }
    let instant = |time: &Option<prost_types::Timestamp>| time.as_ref().map(Instant::from_proto);
    let (start, end) = (instant(&message.start_time), instant(&message.end_time));
    fields.require("end_time", start.zip(end).is_none_or(|(start, end)| start < end), "must be after start_time");
    Some(AuditFilter { resource: message.resource.clone(), actor: message.actor.clone(), start, end })
}
