//! `ApprovalService.RejectChange` rejects a change that waits for a second person.

use proto::approval::v1 as pb;

use super::{ChangeId, Viewer, rules::ChangeViolation, store};
use crate::{Command, Error, Resource};

pub(super) async fn reject_change(
    cmd: &mut Command<'_, '_>,
    viewer: Viewer,
    id: ChangeId,
) -> Result<pb::RejectChangeResponse, Error> {
    let before = store::pending_change_by_id(cmd.tx, &viewer.scope, &id).await?;
    let after = before.reject(&viewer, cmd.now())?;
    if !store::pending_change_decide(cmd.tx, &after).await? {
        return Err(ChangeViolation::Decided(after.id).into());
    }
    cmd.append(&after, &pb::ChangeRejected { pending_change: after.name(), method: after.method.clone() });
    Ok(pb::RejectChangeResponse { pending_change: Some((&after).into()) })
}
