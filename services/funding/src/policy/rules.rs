//! What the programme pays, from when to when, and by which decision.

use name::ProgrammeId;
use time::Date;

use super::{Pence, PolicyId};

/// What a policy pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyKind {
    /// The release of teachers in a school's first year.
    ReleaseSubsidy,
}

impl PolicyKind {
    /// As it is stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ReleaseSubsidy => "release_subsidy",
        }
    }
}

/// A policy. No two of one kind and programme are in force on one day: the database sees to it. One without an end is in force until another starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) id: PolicyId,
    pub(crate) kind: PolicyKind,
    pub(crate) programme: ProgrammeId,
    pub(crate) amount: Pence,
    pub(crate) start: Date,
    /// The last day; none when it has no end.
    pub(crate) end: Option<Date>,
    pub(crate) decision: String,
}
