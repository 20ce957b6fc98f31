//! `ReachService.ApproveReach` makes a provisional publication final. Another person than the publisher approves.

use access::Role;
use proto::network::v1 as pb;
use service::{Command, Error, Resource};

use super::{ApprovingBody, PublicationId, PublicationRef, store};

/// `role` is that of the caller. `etag` is that of the publication as the caller read it.
pub(super) async fn approve_reach(
    cmd: &mut Command<'_, '_>,
    role: Role,
    id: PublicationId,
    etag: String,
) -> Result<pb::ApproveReachResponse, Error> {
    store::publication_lock(cmd.tx).await?;
    let before = store::publication_by_ref(cmd.tx, &PublicationRef::One(id)).await?;
    let fresh = before.check_etag(&etag);
    // A publication that is final, or the approver's own, cannot be approved with any etag.
    let mut after = before.approve(&cmd.cause.actor, ApprovingBody::of(role), cmd.now())?;
    fresh?;
    store::publication_approve(cmd.tx, &mut after).await?;
    cmd.append(&after, &pb::ReachApproved { reach_publication: Some((&after).into()) });
    Ok(pb::ApproveReachResponse { reach_publication: Some((&after).into()) })
}
