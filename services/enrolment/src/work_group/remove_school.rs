//! `WorkGroupService.RemoveSchool` takes a school out of a Work Group after a day.

use proto::enrolment::v1 as pb;
use service::{Command, Error};
use time::Date;

use super::{
    WorkGroupRef,
    rules::{WorkGroupVerb, WorkGroupViolation, check_date},
    store,
};
use crate::{
    membership::{self, check_registers},
    participation::ParticipationRef,
};

pub(super) async fn remove_school(
    cmd: &mut Command<'_, '_>,
    group: WorkGroupRef,
    participation: ParticipationRef,
    end: Date,
) -> Result<pb::RemoveSchoolResponse, Error> {
    let participation = participation.lock(cmd).await?;
    let before = group.lock(cmd).await?;
    before.after(WorkGroupVerb::RemoveSchool)?;
    check_date(&before.year, end)?;
    let participations = std::slice::from_ref(&participation.id);
    let open = membership::store::open_membership_list(cmd.tx, participations, Some(before.year.academic_year)).await?;
    let open = open.into_iter().find(|membership| membership.work_group == before.id);
    let not_in_group = || WorkGroupViolation::NotInGroup { participation: participation.id.clone(), group: before.id.clone() };
    let left = open.ok_or_else(not_in_group)?.end(end)?;
    check_registers(cmd, &left).await?;
    membership::store::membership_update(cmd.tx, &left).await?;
    store::seat_free(cmd.tx, &before.id).await?;
    let after = store::work_group_by_id(cmd.tx, &before.id, cmd.today()).await?;
    cmd.append(&after, &pb::SchoolRemoved { work_group: Some((&after).into()), membership: Some((&left).into()) });
    Ok(pb::RemoveSchoolResponse { work_group: Some((&after).into()) })
}
