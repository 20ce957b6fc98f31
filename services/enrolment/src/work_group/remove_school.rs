//! `WorkGroupService.RemoveSchool` takes a school out of a Work Group after a day that has come.

use proto::enrolment::v1 as pb;
use service::{Command, Error};
use time::Date;

use super::{
    WorkGroupRef,
    rules::{WorkGroupVerb, WorkGroupViolation},
};
use crate::{
    membership::{self, end_membership},
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
    let participations = std::slice::from_ref(&participation.id);
    let memberships = membership::store::membership_list(cmd.tx, participations, before.year.academic_year).await?;
    let open = memberships.into_iter().find(|membership| membership.end.is_none() && membership.work_group == before.id);
    let not_in_group = || WorkGroupViolation::NotInGroup { participation: participation.id.clone(), group: before.id.clone() };
    let left = open.ok_or_else(not_in_group)?.end(end, cmd.today())?;
    let after = end_membership(cmd, &left).await?;
    Ok(pb::RemoveSchoolResponse { work_group: Some((&after).into()) })
}
