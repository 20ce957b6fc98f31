//! `HubService.FindLocalHubs` gives the hubs that are local to a school or an authority.

use db::Tx;
use name::Urn;
use proto::network::v1 as pb;
use scope::ScopeKey;
use service::Error;
use time::Date;

use super::store;
use crate::school;

/// A school, or an authority.
#[derive(Debug, Clone)]
pub(super) struct Near {
    pub(super) urn: Option<Urn>,
    /// Of the authority; that of the school once it is read.
    pub(super) old_la_code: String,
}

pub(super) async fn find_local_hubs(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    mut near: Near,
    day: Date,
    today: Date,
) -> Result<pb::FindLocalHubsResponse, Error> {
    if let Some(urn) = near.urn {
        near.old_la_code = school::store::school_by_urn(tx, urn).await?.school.old_la_code.to_string();
    }
    let hubs = store::local_hub_list(tx, &scope, &near, day, today).await?;
    let local_hubs = hubs.into_iter().map(|(hub, chosen, serves_authority)| pb::LocalHub {
        hub: Some((&hub).into()),
        chosen,
        serves_authority,
    });
    Ok(pb::FindLocalHubsResponse { local_hubs: local_hubs.collect() })
}
