//! The end of the memberships of a participation that ends.

use service::{Command, Error};
use time::Date;

use super::{Membership, end_membership, store};
use crate::{participation::ParticipationId, work_group};

/// Ends the open memberships of a participation, which is locked. A membership that begins after the day never began.
pub(crate) async fn leave_groups(cmd: &mut Command<'_, '_>, participation: &ParticipationId, day: Date) -> Result<(), Error> {
    work_group::store::lock_groups(cmd.tx, std::slice::from_ref(participation), None).await?;
    for membership in store::open_membership_list(cmd.tx, participation).await? {
        end_membership(cmd, &Membership { end: Some(day), ..membership }).await?;
    }
    Ok(())
}
