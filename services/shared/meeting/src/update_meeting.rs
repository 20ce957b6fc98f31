//! `MeetingService.UpdateMeeting` changes a meeting that is planned.

use proto::meeting::v1 as pb;
use service::{Command, Error, Resource};

use crate::{
    mark,
    meeting_ref::MeetingRef,
    plan::check_plan,
    rules::{Plan, RegisterState},
    store,
};

pub(crate) async fn update_meeting(
    cmd: &mut Command<'_, '_>,
    meeting: MeetingRef,
    plan: Plan,
    etag: String,
) -> Result<pb::UpdateMeetingResponse, Error> {
    let (found, before) = meeting.lock(cmd).await?;
    before.check_etag(&etag)?;
    let after = before.update(plan)?;
    // A hub that has looked after the parent remains the organiser until another one is named.
    if after.plan.hub != before.plan.hub {
        after.plan.check_organiser(&meeting.parent.scope, &found)?;
    }
    check_plan(cmd, &meeting.parent, &found, &after.plan).await?;
    if before.register == RegisterState::Draft {
        match after.register {
            RegisterState::None => mark::store::draft_delete(cmd.tx, &after.id).await?,
            _ => {
                for (date, persons_count) in mark::store::draft_persons_count_list(cmd.tx, &after.id).await? {
                    after.check_capacity(date, persons_count)?;
                }
            }
        }
    }
    store::meeting_update(cmd.tx, &after).await?;
    if after.plan.expected != before.plan.expected {
        store::expected_replace(cmd.tx, &after).await?;
    }
    cmd.append(&after, &pb::MeetingUpdated { meeting: Some((&after).into()) });
    Ok(pb::UpdateMeetingResponse { meeting: Some((&after).into()) })
}
