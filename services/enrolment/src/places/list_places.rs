//! `RoundService.ListPlaces` gives a page of the places of a round, or of all rounds, by round, hub and programme.

use db::Tx;
use name::HubId;
use proto::enrolment::v1 as pb;
use scope::ScopeKey;
use server::{ApiError, Page};
use service::Error;

use super::{Places, store};
use crate::round::RoundFilter;

/// `hub` is `None` for all hubs in scope.
pub(crate) async fn list_places(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    round: RoundFilter,
    hub: Option<HubId>,
    page: Page,
) -> Result<pb::ListPlacesResponse, Error> {
    // An id cannot hold the dot that joins the parts of the key.
    let mut parts = page.after().splitn(3, '.');
    let after = std::array::from_fn(|_| parts.next().unwrap_or_default());
    let rows = store::places_page(tx, &scope, &round, hub.as_ref(), after, page.limit()).await?;
    let rows = rows.ok_or_else(|| ApiError::not_found(&round.to_string()))?;
    let key = |places: &Places| [places.round.as_str(), places.hub.as_str(), places.programme.as_str()].join(".");
    let (places, next_page_token) = page.cut(rows, key, |places| (&places).into());
    Ok(pb::ListPlacesResponse { places, next_page_token })
}
