//! `HubService.CreateHub` creates a hub.

use proto::network::v1 as pb;
use service::{Command, Error};

use super::{Hub, HubViolation, store};
use crate::school::{self, SchoolViolation};

/// The lead school of the hub must be listed.
pub(super) async fn create_hub(cmd: &mut Command<'_, '_>, hub: Hub) -> Result<pb::CreateHubResponse, Error> {
    if !school::store::school_is_listed_for_update(cmd.tx, hub.lead_school).await? {
        return Err(SchoolViolation::NotListed(hub.lead_school).into());
    }
    if !store::hub_insert(cmd.tx, &hub).await? {
        return Err(HubViolation::Exists(hub.id).into());
    }
    cmd.append(&hub, &pb::HubCreated { hub: Some((&hub).into()) });
    Ok(pb::CreateHubResponse { hub: Some((&hub).into()) })
}
