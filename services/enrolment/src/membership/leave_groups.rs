//! The end of the memberships of a participation that ends.

use proto::enrolment::v1 as pb;
use service::{Command, Error};
use time::Date;

use super::{Membership, store};
use crate::{participation::ParticipationId, work_group};

/// Ends the open memberships of a participation, which is locked. A membership that begins after the day never began.
pub(crate) async fn leave_groups(cmd: &mut Command<'_, '_>, participation: &ParticipationId, day: Date) -> Result<(), Error> {
    for membership in store::open_membership_list(cmd.tx, std::slice::from_ref(participation), None).await? {
        let ended = Membership { end: Some(day), ..membership };
        work_group::store::seat_free(cmd.tx, &ended.work_group).await?;
        if day < ended.start {
            store::membership_delete(cmd.tx, &ended).await?;
        } else {
            store::membership_update(cmd.tx, &ended).await?;
        }
        let group = work_group::store::work_group_by_id(cmd.tx, &ended.work_group, cmd.today()).await?;
        cmd.append(&group, &pb::SchoolRemoved { work_group: Some((&group).into()), membership: Some((&ended).into()) });
    }
    Ok(())
}
