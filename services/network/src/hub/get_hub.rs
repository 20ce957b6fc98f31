//! `HubService.GetHub` gives one hub.

use db::Tx;
use name::HubId;
use proto::network::v1 as pb;
use service::Error;
use time::Date;

use super::store;

pub(super) async fn get_hub(tx: &mut Tx<'_>, id: HubId, today: Date) -> Result<pb::GetHubResponse, Error> {
    let hub = store::hub_by_id(tx, &id, today).await?;
    Ok(pb::GetHubResponse { hub: Some((&hub).into()) })
}
