//! Founds a hub.

use proto::network::v1 as pb;
use server::Once;

use crate::{act::Desk, domain::hub::Hub, error::Error, store, wire};

/// Founds `hub`, whose lead school must be listed.
pub(crate) async fn create_hub(desk: &Desk, request: Once, hub: Hub) -> Result<pb::CreateHubResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            if !store::school_lock(act.tx, hub.lead_school).await? {
                return Err(Error::SchoolNotListed(hub.lead_school));
            }
            if !store::hub_insert(act.tx, &hub).await? {
                return Err(Error::HubExists(hub.hub_id));
            }
            act.hub_created(&hub);
            Ok(pb::CreateHubResponse { hub: Some(wire::hub(&hub)) })
        })
    })
    .await
}
