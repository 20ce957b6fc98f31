//! `MeetingService.CancelMeeting` cancels a meeting that is planned.

use proto::meeting::v1 as pb;
use service::{Command, Error, Resource};

use crate::{
    evidence::find_evidence_of_meeting,
    mark,
    meeting_ref::MeetingRef,
    rules::{Meeting, MeetingState, MeetingViolation, RegisterState},
    store,
};

pub(crate) async fn cancel_meeting(
    cmd: &mut Command<'_, '_>,
    meeting: MeetingRef,
    etag: String,
    reason: String,
) -> Result<pb::CancelMeetingResponse, Error> {
    let (_, before) = meeting.lock(cmd).await?;
    before.check_etag(&etag)?;
    if before.state == MeetingState::Held {
        let evidence = find_evidence_of_meeting(cmd.tx, before.names, &before.parent, &before.id).await?;
        return Err(MeetingViolation::Held(evidence).into());
    }
    let cancelled = cancel(cmd, &before, reason).await?;
    Ok(pb::CancelMeetingResponse { meeting: Some((&cancelled).into()) })
}

/// Cancels a meeting, which is locked.
pub(crate) async fn cancel(cmd: &mut Command<'_, '_>, before: &Meeting, reason: String) -> Result<Meeting, Error> {
    let cancelled = before.cancel(reason)?;
    if before.register == RegisterState::Draft {
        mark::store::draft_delete(cmd.tx, &before.id).await?;
    }
    store::meeting_update(cmd.tx, &cancelled).await?;
    cmd.append(&cancelled, &pb::MeetingCancelled { meeting: Some((&cancelled).into()) });
    Ok(cancelled)
}
