//! `MeetingService.UpdateMeeting` changes a meeting that is planned.

use proto::meeting::v1 as pb;
use service::{Command, Error, Resource};

use crate::{meeting_ref::MeetingRef, plan::check_plan, rules::Plan, store};

pub(crate) async fn update_meeting(
    cmd: &mut Command<'_, '_>,
    meeting: MeetingRef,
    plan: Plan,
    etag: String,
) -> Result<pb::UpdateMeetingResponse, Error> {
    let (parent, before) = meeting.lock(cmd).await?;
    before.check_etag(&etag)?;
    let after = before.update(plan)?;
    check_plan(cmd, after.names, &after.parent, &parent, &after.plan).await?;
    store::meeting_update(cmd.tx, &after).await?;
    if after.plan.expected != before.plan.expected {
        store::expected_replace(cmd.tx, &after).await?;
    }
    cmd.append(&after, &pb::MeetingUpdated { meeting: Some((&after).into()) });
    Ok(pb::UpdateMeetingResponse { meeting: Some((&after).into()) })
}
