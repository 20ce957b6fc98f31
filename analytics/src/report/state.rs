//! The approval state of a report's figures.

use proto::network::v1 as pb;
use time::{Date, Instant};

/// The approval state of figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportState {
    /// The figures may be superseded.
    Provisional,
    /// Approved; the figures never change.
    Final(Approval),
}

/// The approval of a report's figures. It names the body, never an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The body that approved the figures.
    pub body: String,
    /// The civil day in Europe/London.
    pub date: Date,
    /// The approved publication, `reachPublications/{publication}`.
    pub publication: String,
    /// The superseded publication; `None` when none about the same academic year was approved before.
    pub superseded: Option<String>,
}

impl ReportState {
    /// The state by the publication of the figures; provisional when they are not published.
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

    /// The name in the manifest. The figures of a demonstration are never called final.
    pub(super) fn name(&self, demonstration: bool) -> &'static str {
        match (self, demonstration) {
            (Self::Provisional, false) => "provisional",
            (Self::Final(_), false) => "final",
            (Self::Provisional, true) => "demonstration, provisional",
            (Self::Final(_), true) => "demonstration, approved",
        }
    }

    /// The title on the page.
    pub(super) fn title(&self, demonstration: bool) -> String {
        let name = self.name(demonstration);
        name[..1].to_uppercase() + &name[1..]
    }
}
