//! `WorkGroupService.ChangeLeader` gives a Work Group another leader.

use name::PersonId;
use proto::enrolment::v1 as pb;
use service::{Command, Error, Resource};
use time::Date;

use super::{WorkGroupRef, store};
use crate::{leader::store::leader_by_id, membership};

pub(super) async fn change_leader(
    cmd: &mut Command<'_, '_>,
    group: WorkGroupRef,
    etag: String,
    leader: PersonId,
    start: Date,
) -> Result<pb::ChangeLeaderResponse, Error> {
    let (today, now) = (cmd.today(), cmd.now());
    let before = group.lock(cmd).await?;
    before.check_etag(&etag)?;
    let leader = leader_by_id::<Error>(cmd.tx, &leader, &before.year, start, now).await?;
    let parent = meeting::ParentId::trusted(before.id.as_str());
    let last_mark = meeting::find_last_mark_date_of_person(cmd.tx, &parent, &leader.person).await?;
    let after = before.change_leader(&leader, start, last_mark, today)?;
    leader.check(before.shape.leader_kind, &before.year, start)?;
    let members = membership::store::member_list(cmd.tx, &before.id).await?;
    leader.check_schools(members.iter().map(|member| member.urn))?;
    store::former_leader_insert(cmd.tx, &before, start.plus_days(-1)).await?;
    store::work_group_update(cmd.tx, &after).await?;
    cmd.append(&after, &pb::LeaderChanged { work_group: Some((&after).into()) });
    Ok(pb::ChangeLeaderResponse { work_group: Some((&after).into()) })
}
