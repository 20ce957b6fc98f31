//! `HubService.ListHubs` gives a page of hubs, in order of id.

use db::Tx;
use name::HubId;
use proto::network::v1 as pb;
use server::Page;
use service::Error;
use time::Date;

use super::{Hub, store};

pub(super) async fn list_hubs(tx: &mut Tx<'_>, page: Page<HubId>, today: Date) -> Result<pb::ListHubsResponse, Error> {
    let rows = store::hub_page(tx, page.after(), page.limit(), today).await?;
    let (hubs, next_page_token) = page.cut(rows, |hub: &Hub| hub.id.clone(), |hub| (&hub).into());
    Ok(pb::ListHubsResponse { hubs, next_page_token })
}
