//! `WorkGroupService.FormWorkGroup` forms a Work Group of participations.

use proto::enrolment::v1 as pb;
use scope::Scope;
use server::ApiError;
use service::{Command, Error};

use super::{
    rules::{NewGroup, Shape, WorkGroup, WorkGroupId, WorkGroupViolation},
    store,
};
use crate::{
    leader::store::leader_by_id,
    membership::{self, Membership},
    participation::ParticipationRef,
};

pub(super) async fn form_work_group(
    cmd: &mut Command<'_, '_>,
    scope: Scope,
    new: NewGroup,
) -> Result<pb::FormWorkGroupResponse, Error> {
    if matches!(&scope, Scope::Hub(own) if *own != new.hub) {
        return Err(WorkGroupViolation::HubNotOwn(new.hub).into());
    }
    let hub = mirror::find_hub(cmd.tx, &new.hub).await?.ok_or_else(|| ApiError::not_found(&new.hub.to_string()))?;
    new.check_hub(&hub)?;
    let programme = mirror::programme_of_year::<Error>(cmd.tx, &new.year.programme, new.year.first_academic_year()).await?;
    let shape = Shape::of(&programme, new.year.year_number)?;
    // In the order of ids, so that no two calls wait for each other.
    let mut members = Vec::new();
    for id in &new.members {
        members.push(ParticipationRef { id: id.clone(), scope: scope.clone() }.lock(cmd).await?);
    }
    store::lock_groups(cmd.tx, &new.members, None).await?;
    let known = membership::store::membership_list(cmd.tx, &new.members, new.year.academic_year).await?;
    let (start, now) = (new.start, cmd.now());
    let leader = leader_by_id::<Error>(cmd.tx, &new.leader, &new.year, start, now).await?;
    leader.check(shape.leader_kind, &new.year, start)?;
    leader.check_schools(members.iter().map(|member| member.urn))?;
    let group = WorkGroup::form(WorkGroupId::trusted(cmd.next_id()), new, shape, &leader, &members)?;
    if let Some(Membership { participation, work_group, .. }) = known.iter().find(|membership| membership.end.is_none()) {
        let (participation, group) = (participation.clone(), work_group.clone());
        return Err(WorkGroupViolation::MemberOf { participation, group }.into());
    }
    Membership::check_begin(&known, start)?;
    store::work_group_insert(cmd.tx, &group).await?;
    let memberships: Vec<Membership> = members.iter().map(|member| Membership::begin(member, &group, start)).collect();
    membership::store::membership_insert(cmd.tx, &memberships).await?;
    let memberships = memberships.iter().map(Into::into).collect();
    cmd.append(&group, &pb::WorkGroupFormed { work_group: Some((&group).into()), memberships });
    Ok(pb::FormWorkGroupResponse { work_group: Some((&group).into()) })
}
