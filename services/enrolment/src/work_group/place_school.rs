//! `WorkGroupService.PlaceSchool` places a school in a Work Group, and moves it out of another.

use proto::enrolment::v1 as pb;
use service::{Command, Error};
use time::Date;

use super::{WorkGroupRef, rules::WorkGroupViolation, store};
use crate::{
    leader::store::leader_by_id,
    membership::{self, Membership, end_membership},
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
    let participations = std::slice::from_ref(&participation.id);
    store::lock_groups(cmd.tx, participations, Some(&group.id)).await?;
    let group = group.read(cmd).await?;
    group.check_place(&participation, start)?;
    let leader = leader_by_id::<Error>(cmd.tx, &group.leader, &group.year, start, now).await?;
    leader.check_schools([participation.urn])?;
    let memberships = membership::store::membership_list(cmd.tx, participations, group.year.academic_year).await?;
    let left = memberships.iter().find(|membership| membership.end.is_none());
    if let Some(same) = left.filter(|membership| membership.work_group == group.id) {
        let (participation, group) = (same.participation.clone(), group.id);
        return Err(WorkGroupViolation::MemberOf { participation, group }.into());
    }
    Membership::check_begin(&memberships, start)?;
    // This statement decides among all that join at once.
    if !store::seat_take(cmd.tx, &group.id).await? {
        return Err(WorkGroupViolation::Full { group: group.id, max: group.shape.schools_max_count }.into());
    }
    if let Some(left) = left {
        end_membership(cmd, &left.give_way(start, today)?).await?;
    }
    let joined = Membership::begin(&participation, &group, start);
    membership::store::membership_insert(cmd.tx, std::slice::from_ref(&joined)).await?;
    let group = store::work_group_by_id(cmd.tx, &group.id, today).await?;
    cmd.append(&group, &pb::SchoolPlaced { work_group: Some((&group).into()), membership: Some((&joined).into()) });
    Ok(pb::PlaceSchoolResponse { work_group: Some((&group).into()) })
}
