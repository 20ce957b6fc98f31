//! `HubService.UpdateHub` changes a hub's name, lead school or last day.

use proto::network::v1 as pb;
use service::{Command, Error, Resource};

use super::{HubChange, HubViolation, store};
use crate::{
    choice,
    school::{self, SchoolViolation},
};

/// `etag` is that of the hub as the caller read it.
pub(super) async fn update_hub(
    cmd: &mut Command<'_, '_>,
    change: HubChange,
    etag: String,
) -> Result<pb::UpdateHubResponse, Error> {
    // The school before the hub, in the order of `ChooseHub`: in another order the two could wait for each other.
    let is_listed = school::store::school_is_listed_for_update(cmd.tx, change.lead_school).await?;
    let before = store::hub_by_id_for_update(cmd.tx, &change.id).await?;
    before.check_etag(&etag)?;
    let after = before.update(change)?;
    if after.lead_school != before.lead_school && !is_listed {
        return Err(SchoolViolation::NotListed(after.lead_school).into());
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
