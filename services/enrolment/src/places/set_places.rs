//! `RoundService.SetPlaces` sets the number of places of a hub for a programme. It offers none of them; that is
//! `ApplicationService.OfferPlaces`.

use proto::enrolment::v1 as pb;
use server::ApiError;
use service::{Command, Error, Resource};

use super::{Places, check_hub_open, renew_reserve::reserved, store};
use crate::{
    application::open_reserve,
    round::{self, RoundViolation},
};

/// The field that names the programme.
const PROGRAMME: &str = "places.programme";

/// `asked` names round, hub, programme and the number of places. `etag` is empty when the hub has none yet.
pub(crate) async fn set_places(cmd: &mut Command<'_, '_>, asked: Places, etag: String) -> Result<pb::SetPlacesResponse, Error> {
    // Locked, so that its policies stay until the places have their reserve.
    let round = round::store::round_by_id_for_update(cmd.tx, &asked.round).await?;
    round.check_programme(&asked.programme, PROGRAMME)?;
    let hub = mirror::find_hub(cmd.tx, &asked.hub).await?.ok_or_else(|| ApiError::not_found(&asked.hub.to_string()))?;
    let hub_open = check_hub_open(&hub, round.academic_year, cmd.today());
    let after = if etag.is_empty() {
        hub_open?;
        let asked = reserved(cmd, &asked, round.reserve_on(cmd.today())).await?;
        match store::places_insert(cmd.tx, &asked).await? {
            Some(true) => asked,
            Some(false) => return Err(ApiError::stale(&asked.name()).into()),
            // On PostgreSQL another transaction took the programme out of the round just now.
            None => return Err(RoundViolation::ProgrammeNotInRound { round: round.id, field: PROGRAMME }.into()),
        }
    } else {
        let before = store::find_places_for_update(cmd.tx, &asked.round, &asked.hub, &asked.programme).await?;
        let before = before.ok_or_else(|| ApiError::not_found(&asked.name()))?;
        before.check_etag(&etag)?;
        // After the check of the etag, because it makes a new version, which no caller has seen.
        let before = open_reserve(cmd, before).await?.places;
        let resized = before.resize(asked.places_count, hub_open)?;
        let after = reserved(cmd, &resized, round.reserve_on(cmd.today())).await?;
        store::places_update(cmd.tx, &after).await?;
        after
    };
    cmd.append(&after, &pb::PlacesSet { places: Some((&after).into()) });
    Ok(pb::SetPlacesResponse { places: Some((&after).into()) })
}
