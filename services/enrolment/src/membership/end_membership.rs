//! The end of a membership.

use meeting::{ParentId, SubjectId};
use proto::enrolment::v1 as pb;
use service::{Command, Error};

use super::{Membership, store};
use crate::{
    attendance,
    work_group::{self, WorkGroup, WorkGroupViolation},
};

/// Writes the end of an open membership, which frees its seat. Gives the group as it is then. Participation and group are locked.
pub(crate) async fn end_membership(cmd: &mut Command<'_, '_>, ended: &Membership) -> Result<WorkGroup, Error> {
    work_group::store::seat_free(cmd.tx, &ended.work_group).await?;
    write_end(cmd, ended).await
}

/// Writes an earlier end of a membership that has ended and so has no seat. Participation and group are locked.
pub(super) async fn shorten_membership(cmd: &mut Command<'_, '_>, ended: &Membership) -> Result<(), Error> {
    work_group::store::work_group_next_version(cmd.tx, &ended.work_group).await?;
    write_end(cmd, ended).await.map(drop)
}

async fn write_end(cmd: &mut Command<'_, '_>, ended: &Membership) -> Result<WorkGroup, Error> {
    check_registers(cmd, ended).await?;
    if ended.never_began() {
        store::membership_delete(cmd.tx, ended).await?;
    } else {
        store::membership_update(cmd.tx, ended).await?;
    }
    let group = work_group::store::work_group_by_id(cmd.tx, &ended.work_group, cmd.today()).await?;
    cmd.append(&group, &pb::SchoolRemoved { work_group: Some((&group).into()), membership: Some(ended.into()) });
    Ok(group)
}

/// Whether no register of the group has the participation after the last day of its membership. The participation is locked, so no register comes meanwhile.
async fn check_registers(cmd: &mut Command<'_, '_>, ended: &Membership) -> Result<(), Error> {
    let Some(date) = ended.end else { return Ok(()) };
    let (parent, subject) = (ParentId::trusted(ended.work_group.as_str()), SubjectId::trusted(ended.participation.as_str()));
    let later = meeting::find_later_registers(cmd.tx, attendance::PARENTS.names, &parent, Some(&subject), date).await?;
    later.map_or(Ok(()), |registers| Err(WorkGroupViolation::RegisterTaken { date, registers }.into()))
}
