//! The records of the audit trail.

use feed::Actor;
use time::Instant;

name::id!(
    /// The id of a record: of its event, or of its row.
    pub(crate) RecordId, 40
);

db::text_enum! {
    /// The kind of a record.
    pub(crate) enum AuditKind {
        /// A change, which has an event.
        Change = "change",
        /// A caller read the record of a person.
        Reading = "reading",
        /// A caller was refused.
        Refusal = "refusal",
    }
}

/// A record.
#[derive(Debug, Clone)]
pub(crate) struct AuditRecord {
    pub(crate) id: RecordId,
    pub(crate) kind: AuditKind,
    pub(crate) first_time: Instant,
    pub(crate) last_time: Option<Instant>,
    pub(crate) actor: Actor,
    /// Issuer and subject; `None` for the service itself and once they are erased.
    pub(crate) identity: Option<(String, String)>,
    pub(crate) confirmer: Option<Actor>,
    /// The type of the event, or the called method.
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) reason: String,
    pub(crate) records_count: i64,
}

/// Which records to list.
#[derive(Debug, Clone, Default)]
pub(crate) struct AuditFilter {
    /// Empty for all.
    pub(crate) resource: String,
    /// An actor's id; empty for all.
    pub(crate) actor: String,
    pub(crate) start: Option<Instant>,
    pub(crate) end: Option<Instant>,
}

/// The smallest id that is made at an instant: ids begin with their milliseconds, in 12 hexadecimal digits.
pub(crate) fn first_id_of(instant: Instant) -> String {
    format!("{:012x}", instant.micros().max(0) / 1_000)
}
