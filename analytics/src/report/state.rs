//! How far the figures of a report have come, and how that is written.

use proto::network::v1 as pb;
use time::{Date, Instant};

/// How far the figures have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportState {
    /// May be superseded.
    Provisional,
    /// Approved; never changes.
    Final(Approval),
}

/// The approval of a report's figures. It names the body, never an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The body that approved them.
    pub body: String,
    /// When, as a civil day in Europe/London.
    pub date: Date,
    /// The publication that was approved, `reachPublications/{publication}`.
    pub publication: String,
    /// The publication that it supersedes; `None` when none about the same academic year was approved before.
    pub superseded: Option<String>,
}

impl ReportState {
    /// By the publication of the figures; provisional when they were not published.
    pub fn of(publication: Option<&pb::ReachPublication>) -> Self {
        let approved = publication.filter(|publication| publication.state() == pb::ReachState::Final);
        let Some(publication) = approved else { return Self::Provisional };
        let superseded = publication.superseded_reach_publication.clone();
        Self::Final(Approval {
            body: publication.approving_body.clone(),
            date: publication.approve_time.as_ref().map_or(Instant::from_micros(0), Instant::from_proto).date(),
            publication: publication.name.clone(),
            superseded: (!superseded.is_empty()).then_some(superseded),
        })
    }

    /// As the manifest writes it. The figures of a demonstration are never called final.
    pub(super) fn name(&self, demonstration: bool) -> &'static str {
        match (self, demonstration) {
            (Self::Provisional, false) => "provisional",
            (Self::Final(_), false) => "final",
            (Self::Provisional, true) => "demonstration, provisional",
            (Self::Final(_), true) => "demonstration, approved",
        }
    }

    /// As the page writes it.
    pub(super) fn title(&self, demonstration: bool) -> String {
        let name = self.name(demonstration);
        name[..1].to_uppercase() + &name[1..]
    }
}
