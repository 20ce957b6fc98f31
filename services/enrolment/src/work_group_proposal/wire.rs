//! Proposals as messages.

use proto::enrolment::v1 as pb;

use super::rules::{LeftOverReason, Proposal};

impl From<&Proposal> for pb::ProposeWorkGroupsResponse {
    fn from(proposal: &Proposal) -> Self {
        let groups = proposal.groups.iter().map(|group| pb::ProposedWorkGroup {
            leader: group.leader.to_string(),
            participations: group.members.iter().map(ToString::to_string).collect(),
        });
        let left_over = proposal.left_over.iter().map(|(participation, reason)| pb::LeftOver {
            participation: participation.to_string(),
            reason: pb::LeftOverReason::from(*reason).into(),
        });
        Self { work_groups: groups.collect(), left_over: left_over.collect() }
    }
}

impl From<LeftOverReason> for pb::LeftOverReason {
    fn from(reason: LeftOverReason) -> Self {
        match reason {
            LeftOverReason::NoLeader => Self::NoLeader,
            LeftOverReason::GroupsFull => Self::GroupsFull,
            LeftOverReason::BelowMinimum => Self::BelowMinimum,
            LeftOverReason::OwnSchool => Self::OwnSchool,
        }
    }
}
