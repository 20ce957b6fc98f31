//! `HubService.UpdateHub` changes a hub's description or last day.

use proto::network::v1 as pb;
use server::ApiError;
use service::{Command, Error, Resource};

use super::{HubChange, HubViolation, store};
use crate::choice;

/// `etag` is that of the hub as the caller read it.
pub(super) async fn update_hub(
    cmd: &mut Command<'_, '_>,
    change: HubChange,
    etag: String,
) -> Result<pb::UpdateHubResponse, Error> {
    let before = store::hub_by_id_for_update(cmd.tx, &change.id, cmd.today()).await?;
    before.check_etag(&etag)?;
    let after = before.update(change)?;
    if let Some(unknown) = store::find_unknown_hub(cmd.tx, after.profile.incubated_by()).await? {
        return Err(ApiError::not_found(&unknown.to_string()).into());
    }
    store::hub_update(cmd.tx, &after).await?;
    // After the lock of the hub's row, which waits for choices that are being made and makes later ones wait.
    if let Some(end) = after.end_date
        && choice::store::choice_exists_after(cmd.tx, &after.id, end).await?
    {
        return Err(HubViolation::ChosenLater { hub: after.id, end }.into());
    }
    cmd.append(&after, &pb::HubUpdated { hub: Some((&after).into()) });
    Ok(pb::UpdateHubResponse { hub: Some((&after).into()) })
}
