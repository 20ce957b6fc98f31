//! `RoundService.ListPlaces` gives a page of the places of a round, or of all rounds, by round, hub and programme.

use db::Tx;
use name::{HubId, ProgrammeId};
use proto::enrolment::v1 as pb;
use scope::ScopeKey;
use server::{ApiError, Page};
use service::Error;

use super::{Places, store};
use crate::round::{RoundFilter, RoundId};

/// The end of a page.
pub(super) type PlacesKey = (RoundId, HubId, ProgrammeId);

/// `hub` is `None` for all hubs in scope.
pub(crate) async fn list_places(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    round: RoundFilter,
    hub: Option<HubId>,
    page: Page<PlacesKey>,
) -> Result<pb::ListPlacesResponse, Error> {
    let rows = store::places_page(tx, &scope, &round, hub.as_ref(), page.after(), page.limit()).await?;
    let rows = rows.ok_or_else(|| ApiError::not_found(&round.to_string()))?;
    let key = |places: &Places| (places.round.clone(), places.hub.clone(), places.programme.clone());
    let (places, next_page_token) = page.cut(rows, key, |places| (&places).into());
    Ok(pb::ListPlacesResponse { places, next_page_token })
}
