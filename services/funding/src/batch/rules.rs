//! Payments that one approves and another releases.

use name::HubId;
use time::Instant;

use super::{BatchId, Broken, Pence};

/// How far a batch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchState {
    Open,
    Approved,
    Released,
    Cancelled,
}

impl BatchState {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Open, Self::Approved, Self::Released, Self::Cancelled];

    /// As it is stored and told.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Released => "released",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Who did something, and when.
pub(crate) type Signed = (String, Instant);

/// A batch. That nobody approves and releases the same is a constraint of the database: no check here stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) id: BatchId,
    /// None for all hubs.
    pub(crate) hub: Option<HubId>,
    pub(crate) state: BatchState,
    pub(crate) entitlements_count: i64,
    pub(crate) amount: Pence,
    pub(crate) created: Signed,
    pub(crate) approved: Option<Signed>,
    pub(crate) released: Option<Signed>,
    pub(crate) cancel_reason: Option<String>,
    pub(crate) version: i64,
}

impl Batch {
    /// Somebody says that it is right.
    pub(crate) fn approve(&self, by: String, now: Instant) -> Result<Self, Broken> {
        self.check(&[BatchState::Open])?;
        Ok(Self { approved: Some((by, now)), ..self.next(BatchState::Approved) })
    }

    /// Somebody else pays it.
    pub(crate) fn release(&self, by: String, now: Instant) -> Result<Self, Broken> {
        self.check(&[BatchState::Approved])?;
        Ok(Self { released: Some((by, now)), ..self.next(BatchState::Released) })
    }

    /// It is given up.
    pub(crate) fn cancel(&self, reason: String) -> Result<Self, Broken> {
        self.check(&[BatchState::Open, BatchState::Approved])?;
        Ok(Self { cancel_reason: Some(reason), ..self.next(BatchState::Cancelled) })
    }

    fn check(&self, states: &[BatchState]) -> Result<(), Broken> {
        if states.contains(&self.state) { Ok(()) } else { Err(Broken::BatchState(self.state)) }
    }

    fn next(&self, state: BatchState) -> Self {
        Self { state, version: self.version + 1, ..self.clone() }
    }
}
