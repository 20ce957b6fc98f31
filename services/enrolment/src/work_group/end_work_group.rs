//! `WorkGroupService.EndWorkGroup` ends a Work Group, and the memberships in it.

use proto::enrolment::v1 as pb;
use service::{Command, Error, Resource};
use time::Date;

use super::{WorkGroupRef, store};
use crate::{attendance, membership};

pub(super) async fn end_work_group(
    cmd: &mut Command<'_, '_>,
    group: WorkGroupRef,
    etag: String,
    end: Date,
) -> Result<pb::EndWorkGroupResponse, Error> {
    let before = group.lock(cmd).await?;
    before.check_etag(&etag)?;
    let start = membership::store::find_last_start_date(cmd.tx, &before.id, cmd.today()).await?;
    let parent = meeting::ParentId::trusted(before.id.as_str());
    // Money may be paid for a register, so the group does not end before it.
    let registers = meeting::find_later_registers(cmd.tx, attendance::PARENTS.names, &parent, None, end).await?;
    let after = before.end(end, start, registers, cmd.today())?;
    store::work_group_update(cmd.tx, &after).await?;
    membership::store::membership_end_all(cmd.tx, &after.id, end, cmd.today()).await?;
    meeting::cancel_to_come(cmd, attendance::PARENTS.names, &parent, end, "The group ended").await?;
    cmd.append(&after, &pb::WorkGroupEnded { work_group: Some((&after).into()) });
    Ok(pb::EndWorkGroupResponse { work_group: Some((&after).into()) })
}
