//! `CouncilService.RecordDecision` records what a meeting decided.

use proto::network::v1 as pb;
use server::ApiError;
use service::{Command, Error};

use super::{CouncilViolation, Decision, store};

/// Meetings are never changed or deleted, so the meeting needs no lock.
pub(super) async fn record_decision(cmd: &mut Command<'_, '_>, decision: Decision) -> Result<pb::RecordDecisionResponse, Error> {
    let meeting = decision.id.meeting();
    if !store::meeting_exists(cmd.tx, meeting).await? {
        return Err(ApiError::not_found(&meeting.to_string()).into());
    }
    if !store::decision_insert(cmd.tx, &decision).await? {
        return Err(CouncilViolation::DecisionExists(decision.id).into());
    }
    cmd.append(&decision, &pb::DecisionRecorded { decision: Some((&decision).into()) });
    Ok(pb::RecordDecisionResponse { decision: Some((&decision).into()) })
}
