//! `WorkGroupService.PlaceSchool` places a school in a Work Group, and moves it out of another.

use proto::enrolment::v1 as pb;
use service::{Command, Error};
use time::Date;

use super::{WorkGroupRef, rules::WorkGroupViolation, store};
use crate::{
    leader::store::leader_by_id,
    membership::{self, Membership, check_registers},
    participation::ParticipationRef,
};

pub(super) async fn place_school(
    cmd: &mut Command<'_, '_>,
    group: WorkGroupRef,
    participation: ParticipationRef,
    start: Date,
) -> Result<pb::PlaceSchoolResponse, Error> {
    let (today, now) = (cmd.today(), cmd.now());
    let participation = participation.lock(cmd).await?;
    let group = group.read(cmd).await?;
    group.check_place(&participation, start)?;
    let leader = leader_by_id::<Error>(cmd.tx, &group.leader, group.year.academic_year, start, now).await?;
    leader.check_schools([participation.urn])?;
    let participations = std::slice::from_ref(&participation.id);
    let open = membership::store::open_membership_list(cmd.tx, participations, Some(group.year.academic_year)).await?;
    let left = open.into_iter().next();
    if let Some(same) = left.as_ref().filter(|membership| membership.work_group == group.id) {
        let (participation, group) = (same.participation.clone(), group.id);
        return Err(WorkGroupViolation::MemberOf { participation, group }.into());
    }
    let left = left.map(|membership| membership.give_way(start)).transpose()?;
    if let Some(left) = &left {
        check_registers(cmd, left).await?;
    }
    // The two groups are locked in the order of their ids, so that two schools can change places.
    let before = left.as_ref().filter(|left| left.work_group < group.id);
    let after = left.as_ref().filter(|left| left.work_group > group.id);
    if let Some(left) = before {
        store::seat_free(cmd.tx, &left.work_group).await?;
    }
    // This statement decides among all that join at once.
    if !store::seat_take(cmd.tx, &group.id).await? {
        let group = store::work_group_by_id(cmd.tx, &group.id, today).await?;
        group.check_place(&participation, start)?;
        return Err(WorkGroupViolation::Full { group: group.id, max: group.shape.schools_max_count }.into());
    }
    if let Some(left) = after {
        store::seat_free(cmd.tx, &left.work_group).await?;
    }
    if let Some(left) = &left {
        membership::store::membership_update(cmd.tx, left).await?;
        let other = store::work_group_by_id(cmd.tx, &left.work_group, today).await?;
        cmd.append(&other, &pb::SchoolRemoved { work_group: Some((&other).into()), membership: Some(left.into()) });
    }
    let joined = Membership::begin(&participation, &group, start);
    if !membership::store::membership_insert(cmd.tx, std::slice::from_ref(&joined)).await? {
        // It was a member of this year from the same day on, and has left.
        return Err(WorkGroupViolation::DateBefore { date: start, last: start }.into());
    }
    let group = store::work_group_by_id(cmd.tx, &group.id, today).await?;
    cmd.append(&group, &pb::SchoolPlaced { work_group: Some((&group).into()), membership: Some((&joined).into()) });
    Ok(pb::PlaceSchoolResponse { work_group: Some((&group).into()) })
}
