//! Rules of batches.

use name::HubId;
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation, Transitions, next_state};
use time::Instant;

use crate::ledger::Pence;

name::id!(
    /// A batch, `batches/{id}`.
    pub(crate) BatchId, 40, "batches"
);

db::text_enum! {
    /// The state of a batch.
    pub(crate) enum BatchState {
        /// It waits for approval.
        Open = "open",
        /// It was approved.
        Approved = "approved",
        /// It was paid.
        Released = "released",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
}

db::text_enum! {
    /// A change of a batch's state.
    pub(crate) enum BatchVerb {
        /// Another person than its creator approves it.
        Approve = "approve",
        /// A third person pays it.
        Release = "release",
        /// It is cancelled.
        Cancel = "cancel",
    }
}

/// The state machine of batches. A new batch is open.
pub(crate) const TRANSITIONS: &Transitions<BatchState, BatchVerb> = &[
    (BatchState::Open, BatchVerb::Approve, BatchState::Approved),
    (BatchState::Approved, BatchVerb::Release, BatchState::Released),
    (BatchState::Open, BatchVerb::Cancel, BatchState::Cancelled),
    (BatchState::Approved, BatchVerb::Cancel, BatchState::Cancelled),
];

/// The subject of a caller, and the time of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) by: String,
    pub(crate) time: Instant,
}

/// A batch. CHECKs of its table keep one person from two of its three steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) id: BatchId,
    /// `None` for all hubs.
    pub(crate) hub: Option<HubId>,
    pub(crate) state: BatchState,
    pub(crate) entitlements_count: i64,
    pub(crate) amount: Pence,
    pub(crate) created: Signature,
    pub(crate) approved: Option<Signature>,
    pub(crate) released: Option<Signature>,
    pub(crate) cancel_reason: Option<String>,
    pub(crate) version: i64,
}

impl Batch {
    /// An open batch without entitlements.
    pub(crate) fn new(id: BatchId, hub: Option<HubId>, created: Signature) -> Self {
        Self {
            id,
            hub,
            state: BatchState::Open,
            entitlements_count: 0,
            amount: Pence::ZERO,
            created,
            approved: None,
            released: None,
            cancel_reason: None,
            version: 1,
        }
    }

    /// The new batch with the entitlements of these amounts. Fails when there is none.
    pub(crate) fn fill(self, amounts: &[Pence]) -> Result<Self, BatchViolation> {
        if amounts.is_empty() {
            return Err(BatchViolation::NothingPayable);
        }
        let entitlements_count = i64::try_from(amounts.len()).expect("a batch has at most 5,000 entitlements");
        Ok(Self { entitlements_count, amount: amounts.iter().copied().sum(), ..self })
    }

    /// The batch after its approval.
    pub(crate) fn approve(&self, approved: Signature) -> Result<Self, BatchViolation> {
        Ok(Self { approved: Some(approved), ..self.next(BatchVerb::Approve)? })
    }

    /// The batch after its payment.
    pub(crate) fn release(&self, released: Signature) -> Result<Self, BatchViolation> {
        Ok(Self { released: Some(released), ..self.next(BatchVerb::Release)? })
    }

    /// The batch after its cancellation.
    pub(crate) fn cancel(&self, reason: String) -> Result<Self, BatchViolation> {
        Ok(Self { cancel_reason: Some(reason), ..self.next(BatchVerb::Cancel)? })
    }

    fn next(&self, verb: BatchVerb) -> Result<Self, BatchViolation> {
        let state = next_state(TRANSITIONS, self.state, verb).ok_or(BatchViolation::State(self.state))?;
        Ok(Self { state, version: self.version + 1, ..self.clone() })
    }
}

impl Resource for Batch {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// A rule of batches that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BatchViolation {
    /// The batch is in a state that the verb does not take.
    State(BatchState),
    /// No entitlement can be put into a batch.
    NothingPayable,
    /// The person who created the batch would approve it.
    CreatorIsApprover(BatchId),
    /// The person who created the batch would release it.
    CreatorIsReleaser(BatchId),
    /// The person who approved the batch would release it.
    ApproverIsReleaser(BatchId),
    /// This number of entitlements has an open question.
    InReview(usize),
}

impl RuleViolation for BatchViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::State(state) => {
                let message =
                    format!("the batch is {state}: an open batch can be approved, an approved one released, and both cancelled");
                ApiError::new(Reason::BatchState, message).with("state", state)
            }
            Self::NothingPayable => {
                let message = "no entitlement is payable, without an open question and in no other batch; wait for evidence, or decide open questions";
                ApiError::new(Reason::NothingPayable, message)
            }
            Self::CreatorIsApprover(id) => {
                let message = format!("the person who created `{id}` cannot approve it; another person must");
                ApiError::new(Reason::CreatorIsApprover, message).with("name", id)
            }
            Self::CreatorIsReleaser(id) => {
                let message = format!("the person who created `{id}` cannot release it; a third person must");
                ApiError::new(Reason::CreatorIsReleaser, message).with("name", id)
            }
            Self::ApproverIsReleaser(id) => {
                let message = format!("the person who approved `{id}` cannot release it; another person must");
                ApiError::new(Reason::ApproverIsReleaser, message).with("name", id)
            }
            Self::InReview(count) => {
                let message =
                    format!("{count} entitlements of the batch have an open question; decide them, or cancel the batch");
                ApiError::new(Reason::BatchInReview, message).with("entitlements_count", count)
            }
        }
    }
}
