//! `ReachService.ApproveReach` makes a provisional publication final. Another person than the publisher approves.

use access::Role;
use proto::network::v1 as pb;
use service::{Command, Error, Resource};

use super::{Approval, ApprovingBody, PublicationId, PublicationRef, store};

/// `role` is that of the caller. `etag` is that of the publication as the caller read it, `figures_sha256` that of the figures that it approves.
pub(super) async fn approve_reach(
    cmd: &mut Command<'_, '_>,
    role: Role,
    id: PublicationId,
    etag: String,
    figures_sha256: String,
) -> Result<pb::ApproveReachResponse, Error> {
    store::publication_lock(cmd.tx).await?;
    let before = store::publication_by_ref(cmd.tx, &PublicationRef::One(id)).await?;
    let approval = before.approval(&cmd.cause.actor.id, ApprovingBody::of(role), cmd.now())?;
    before.check_etag(&etag)?;
    before.check_figures(&figures_sha256)?;
    let superseded = store::publication_approve(cmd.tx, &before.id, &figures_sha256, &approval).await?;
    let after = before.approve(Approval { superseded, ..approval });
    cmd.append(&after, &pb::ReachApproved { reach_publication: Some((&after).into()) });
    Ok(pb::ApproveReachResponse { reach_publication: Some((&after).into()) })
}
