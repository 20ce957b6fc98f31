//! Rules of priorities.

use name::DecisionId;
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::Date;

name::id!(
    /// A priority, `priorities/{id}`.
    pub(crate) PriorityId, 60, "priorities"
);

/// A priority of the programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Priority {
    pub(crate) id: PriorityId,
    pub(crate) display_name: String,
    pub(crate) start: Date,
    /// Last day; `None` when it has no end.
    pub(crate) end: Option<Date>,
    pub(crate) decision: DecisionId,
}

impl Resource for Priority {
    fn name(&self) -> String {
        self.id.to_string()
    }

    /// Always 1: priorities never change.
    fn version(&self) -> i64 {
        1
    }
}

/// A rule of priorities that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PriorityViolation {
    /// The id is taken.
    Exists(PriorityId),
}

impl RuleViolation for PriorityViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::Exists(id) => {
                ApiError::new(Reason::PriorityExists, format!("`{id}` exists already; choose another id")).with("priority", id)
            }
        }
    }
}
