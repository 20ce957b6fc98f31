//! Makes a provisional publication final, by another person than the one who published it.

use access::Role;
use proto::network::v1 as pb;
use service::Command;

use crate::{error::Error, events, store, wire};

/// The body for which an account of a role approves.
fn body(role: Role) -> &'static str {
    match role {
        Role::Dfe => "Department for Education",
        _ => "NCETM",
    }
}

/// `version` is the one that the caller read; `None` when the etag is none of ours.
pub(crate) async fn approve_reach(
    cmd: &mut Command<'_, '_>,
    role: Role,
    id: String,
    version: Option<i64>,
) -> Result<pb::ApproveReachResponse, Error> {
    // One conditional update decides; what was read afterwards only says why it did not.
    let now = cmd.now();
    let approved = store::publication_approve(cmd.tx, &id, version.unwrap_or(0), (&cmd.cause.actor, body(role)), now).await?;
    let name = wire::publication_name(&id);
    let stored = store::publication_find(cmd.tx, Some(&id)).await?;
    let publication = stored.ok_or_else(|| Error::NotFound(name.clone()))?;
    if !approved {
        return Err(if publication.approved.is_some() {
            Error::ReachFinal(name)
        } else if publication.publisher == cmd.cause.actor {
            Error::ApproverIsPublisher(name)
        } else {
            Error::Stale(name)
        });
    }
    events::reach_approved(cmd, &publication);
    Ok(pb::ApproveReachResponse { reach_publication: Some(wire::publication(&publication)) })
}
