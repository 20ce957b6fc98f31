//! Whether registers allow a membership to end.

use meeting::{ParentId, SubjectId};
use service::{Command, Error};

use super::Membership;
use crate::work_group::WorkGroupViolation;

/// Whether no register of the group has the participation after the last day of its membership. The participation is locked, so no register comes meanwhile.
pub(crate) async fn check_registers(cmd: &mut Command<'_, '_>, ended: &Membership) -> Result<(), Error> {
    let (parent, subject) = (ParentId::trusted(ended.work_group.as_str()), SubjectId::trusted(ended.participation.as_str()));
    let last = meeting::find_last_mark_date(cmd.tx, &parent, Some(&subject)).await?;
    match ended.end.zip(last).filter(|(end, last)| end < last) {
        Some((date, last)) => Err(WorkGroupViolation::RegisterTaken { date, last }.into()),
        None => Ok(()),
    }
}
