//! The chain of hashes over a service's events: each event's hash covers the event and the hash before it, so a change, deletion or insertion in the
//! database shows at the first event that it touches.
//!
//! A hash is SHA-256 over these fields in this order, each preceded by its number of bytes as an unsigned 64-bit big-endian number:
//!
//! 1. the hash of the event at the position before; 32 zero bytes for the first event;
//! 2. position;
//! 3. id, type, resource, resource version, happened time, recorded time;
//! 4. id, role and `acting_for` of the actor, then of the confirmer; empty where there is none;
//! 5. request id and traceparent;
//! 6. the SHA-256 of the payload.
//!
//! Texts are UTF-8. Numbers are signed 64-bit big-endian; times are in microseconds since 1970-01-01 UTC.

use proto::feed::v1 as pb;
use sha2::{Digest, Sha256};

/// The fields of an event that its hash covers, besides the position.
pub(crate) struct Content<'e> {
    pub(crate) id: &'e str,
    pub(crate) r#type: &'e str,
    pub(crate) resource: &'e str,
    pub(crate) resource_version: i64,
    /// Microseconds UTC, like `recorded`.
    pub(crate) happened: i64,
    pub(crate) recorded: i64,
    /// Id, role and `acting_for`.
    pub(crate) actor: [&'e str; 3],
    pub(crate) confirmer: [&'e str; 3],
    pub(crate) request_id: &'e str,
    pub(crate) traceparent: &'e str,
    pub(crate) payload_sha256: &'e [u8],
}

/// A position and the hash of its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) position: i64,
    pub(crate) hash: Vec<u8>,
}

impl Link {
    /// Before the first event.
    pub(crate) fn start() -> Self {
        Self { position: 0, hash: vec![0; 32] }
    }

    /// As a database has it: without a hash before the first event.
    pub(crate) fn of(position: Option<i64>, hash: Option<Vec<u8>>) -> Self {
        position.zip(hash).map_or_else(Self::start, |(position, hash)| Self { position, hash })
    }

    /// The link of the event that follows.
    pub(crate) fn next(&self, event: &Content<'_>) -> Self {
        let position = self.position + 1;
        let ([actor, role, acting_for], [confirmer, confirmer_role, confirmer_for]) = (event.actor, event.confirmer);
        let numbers = [position, event.resource_version, event.happened, event.recorded].map(i64::to_be_bytes);
        let [position_bytes, version, happened, recorded] = &numbers;
        let fields: [&[u8]; 17] = [
            &self.hash,
            position_bytes,
            event.id.as_bytes(),
            event.r#type.as_bytes(),
            event.resource.as_bytes(),
            version,
            happened,
            recorded,
            actor.as_bytes(),
            role.as_bytes(),
            acting_for.as_bytes(),
            confirmer.as_bytes(),
            confirmer_role.as_bytes(),
            confirmer_for.as_bytes(),
            event.request_id.as_bytes(),
            event.traceparent.as_bytes(),
            event.payload_sha256,
        ];
        let mut hash = Sha256::new();
        for field in fields {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        Self { position, hash: hash.finalize().to_vec() }
    }

    /// The link of an event of the feed that follows.
    pub(crate) fn next_event(&self, event: &pb::Event) -> Self {
        let micros = |time| Option::as_ref(time).map_or(0, |time| time::Instant::from_proto(time).micros());
        let actor = |actor: &Option<pb::Actor>| actor.clone().unwrap_or_default();
        let (by, confirmer) = (actor(&event.actor), actor(&event.confirmer));
        self.next(&Content {
            id: &event.id,
            r#type: &event.r#type,
            resource: &event.resource,
            resource_version: event.resource_version,
            happened: micros(&event.happened_time),
            recorded: micros(&event.recorded_time),
            actor: [&by.id, &by.role, &by.acting_for],
            confirmer: [&confirmer.id, &confirmer.role, &confirmer.acting_for],
            request_id: &event.request_id,
            traceparent: &event.traceparent,
            payload_sha256: &sha256(&event.payload),
        })
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A hash as hexadecimal digits.
pub fn hexadecimal(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
