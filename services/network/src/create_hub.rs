//! Founds a hub.

use proto::network::v1 as pb;
use server::{Once, once};

use crate::{Core, domain::hub::Hub, error::Error, events::Recorder, store, wire};

/// Founds `hub`, whose lead school must be listed.
pub(crate) async fn create_hub(core: &Core, request: Once, hub: Hub) -> Result<pb::CreateHubResponse, Error> {
    let (ids, now) = (core.ids.clone(), core.clock.now());
    once(&core.pool, request, move |tx, cause| {
        Box::pin(async move {
            if !store::school_lock(tx, hub.lead_school).await? {
                return Err(Error::SchoolNotListed(hub.lead_school));
            }
            if !store::hub_insert(tx, &hub).await? {
                return Err(Error::HubExists(hub.hub_id));
            }
            Recorder { tx, ids: &ids, cause, happened: now }.hub_created(&hub);
            Ok(pb::CreateHubResponse { hub: Some(wire::hub(&hub)) })
        })
    })
    .await
}
