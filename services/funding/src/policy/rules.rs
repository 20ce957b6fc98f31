//! Rules of policies.

use name::{DecisionId, ProgrammeId};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::{AcademicYear, Date};

use crate::ledger::Pence;

name::id!(
    /// A policy, `policies/{id}`.
    pub(crate) PolicyId, 40, "policies"
);

db::text_enum! {
    /// The purpose of a policy's money.
    pub(crate) enum PolicyKind {
        /// The release of teachers in a school's first year.
        ReleaseSubsidy = "release_subsidy",
    }
}

/// A policy. At most one of a kind and programme is in force on a day; a trigger of the table checks this. A policy without an end is in force until another
/// starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) id: PolicyId,
    pub(crate) kind: PolicyKind,
    pub(crate) programme: ProgrammeId,
    pub(crate) amount: Pence,
    pub(crate) start: Date,
    /// The last day; `None` when it has no end.
    pub(crate) end: Option<Date>,
    pub(crate) decision: DecisionId,
    /// Money becomes payable only when two identities recorded agreement and attendance.
    pub(crate) needs_two_sources: bool,
}

impl Policy {
    /// The academic year of the first places that can go by it: the first year that starts while it is in force.
    pub(crate) fn first_year(&self) -> AcademicYear {
        AcademicYear::first_from(self.start)
    }
}

impl Resource for Policy {
    fn name(&self) -> String {
        self.id.to_string()
    }

    /// Policies never change.
    fn version(&self) -> i64 {
        1
    }
}

/// A rule of policies that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PolicyViolation {
    /// The id is taken.
    Exists(PolicyId),
    /// Another policy is in force on one of the days.
    Overlap,
}

impl RuleViolation for PolicyViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::Exists(id) => {
                ApiError::new(Reason::PolicyExists, format!("`{id}` exists already; choose another id")).with("name", id)
            }
            Self::Overlap => {
                let message = "another policy of the kind and programme is in force on one of the days; change the days. A policy without an end can be \
                    followed by one that starts later";
                ApiError::new(Reason::PolicyOverlap, message)
            }
        }
    }
}
