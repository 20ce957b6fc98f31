//! The end of a parent: its meetings to come are cancelled.

use service::{Command, Error};
use time::Date;

use crate::{Names, ParentId, cancel_meeting::cancel, store};

/// Cancels the planned meetings of a parent, which is locked, that begin after a day. Registers of earlier meetings can still be taken.
pub async fn cancel_to_come(
    cmd: &mut Command<'_, '_>,
    names: Names,
    parent: &ParentId,
    day: Date,
    reason: &str,
) -> Result<(), Error> {
    for meeting in store::meeting_list_to_come_for_update(cmd.tx, names, parent, day).await? {
        cancel(cmd, &meeting, reason.to_owned()).await?;
    }
    Ok(())
}
