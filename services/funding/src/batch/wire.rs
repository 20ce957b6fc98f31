//! Batches as messages, and messages as batch references.

use proto::funding::v1 as pb;
use server::Fields;
use service::{Resource, count};

use super::{Batch, BatchId, BatchRef, BatchState};

impl From<&Batch> for pb::Batch {
    fn from(batch: &Batch) -> Self {
        let (approved, released) = (batch.approved.as_ref(), batch.released.as_ref());
        Self {
            name: batch.name(),
            hub: batch.hub.as_ref().map(ToString::to_string).unwrap_or_default(),
            state: pb::BatchState::from(batch.state).into(),
            entitlements_count: count(batch.entitlements_count),
            amount_pence: batch.amount.number(),
            creator: batch.created.by.clone(),
            create_time: Some(batch.created.time.to_proto()),
            approver: approved.map(|approved| approved.by.clone()).unwrap_or_default(),
            approve_time: approved.map(|approved| approved.time.to_proto()),
            releaser: released.map(|released| released.by.clone()).unwrap_or_default(),
            release_time: released.map(|released| released.time.to_proto()),
            cancel_reason: batch.cancel_reason.clone().unwrap_or_default(),
            etag: batch.etag(),
        }
    }
}

impl From<BatchState> for pb::BatchState {
    fn from(state: BatchState) -> Self {
        match state {
            BatchState::Open => Self::Open,
            BatchState::Approved => Self::Approved,
            BatchState::Released => Self::Released,
            BatchState::Cancelled => Self::Cancelled,
        }
    }
}

pub(super) fn batch_ref(fields: &mut Fields, name: &str, etag: &str) -> Option<BatchRef> {
    let id = fields.read("name", BatchId::parse(name));
    let etag = fields.etag("etag", etag);
    Some(BatchRef { id: id?, etag: etag? })
}

/// The filter `state`; `None` when it is unspecified.
pub(super) fn state(fields: &mut Fields, number: i32) -> Option<BatchState> {
    let found = BatchState::ALL.iter().copied().find(|state| i32::from(pb::BatchState::from(*state)) == number);
    fields.require("state", number == 0 || found.is_some(), "must be a state of the contract, or unspecified for all");
    found
}
