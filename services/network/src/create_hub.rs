//! Founds a hub.

use proto::network::v1 as pb;
use service::Command;

use crate::{domain::hub::Hub, error::Error, events, store, wire};

/// Founds `hub`, whose lead school must be listed.
pub(crate) async fn create_hub(cmd: &mut Command<'_, '_>, hub: Hub) -> Result<pb::CreateHubResponse, Error> {
    if !store::school_lock(cmd.tx, hub.lead_school).await? {
        return Err(Error::SchoolNotListed(hub.lead_school));
    }
    if !store::hub_insert(cmd.tx, &hub).await? {
        return Err(Error::HubExists(hub.hub_id));
    }
    events::hub_created(cmd, &hub);
    Ok(pb::CreateHubResponse { hub: Some(wire::hub(&hub)) })
}
