//! The end of the memberships of a participation that ends.

use service::{Command, Error};
use time::Date;

use super::{Membership, end_membership, end_membership::shorten_membership, store};
use crate::{participation::ParticipationId, work_group};

/// Ends the memberships of a participation, which is locked, on a day: the open ones, and those that have a later last day. A membership that begins after the day
/// never began.
pub(crate) async fn leave_groups(cmd: &mut Command<'_, '_>, participation: &ParticipationId, day: Date) -> Result<(), Error> {
    work_group::store::lock_groups_after(cmd.tx, participation, day).await?;
    for membership in store::membership_list_after(cmd.tx, participation, day).await? {
        let ended = Membership { end: Some(day), ..membership.clone() };
        match membership.end {
            None => drop(end_membership(cmd, &ended).await?),
            Some(_) => shorten_membership(cmd, &ended).await?,
        }
    }
    Ok(())
}
