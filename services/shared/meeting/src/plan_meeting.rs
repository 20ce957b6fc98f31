//! `MeetingService.PlanMeeting` plans a meeting or a visit.

use proto::meeting::v1 as pb;
use service::{Command, Error};

use crate::{
    meeting_ref::ParentRef,
    plan::check_plan,
    rules::{Meeting, MeetingId, Plan},
    store,
};

pub(crate) async fn plan_meeting(
    cmd: &mut Command<'_, '_>,
    parent: ParentRef,
    plan: Plan,
) -> Result<pb::PlanMeetingResponse, Error> {
    let found = parent.lock_for_share(cmd).await?;
    plan.check_organiser(&parent.scope, &found)?;
    check_plan(cmd, &parent, &found, &plan).await?;
    let meeting = Meeting::plan(parent.names, parent.id, MeetingId::trusted(cmd.next_id()), plan);
    store::meeting_insert(cmd.tx, &meeting).await?;
    cmd.append(&meeting, &pb::MeetingPlanned { meeting: Some((&meeting).into()) });
    Ok(pb::PlanMeetingResponse { meeting: Some((&meeting).into()) })
}
