//! A hub gets its places for a programme. More places make no offers by themselves: whom to offer them is the hub's cmd, `offer.rs`.

use proto::enrolment::v1 as pb;
use service::Command;

use crate::{
    domain::{Places, check_hub_open},
    error::Error,
    events, store, wire,
};

/// `etag` is empty when the hub has none yet.
pub(crate) async fn set_places(cmd: &mut Command<'_, '_>, asked: Places, etag: String) -> Result<pb::SetPlacesResponse, Error> {
    let round = store::round::find_round(cmd.tx, &asked.round).await?;
    let round = round.ok_or_else(|| Error::NotFound(asked.round.to_string()))?;
    let none_of_it = Error::Field("places.programme", format!("is none of the programmes of `{}`", round.id));
    if round.find_programme(&asked.programme).is_none() {
        return Err(none_of_it);
    }
    let hub = mirror::find_hub(cmd.tx, &asked.hub).await?.ok_or_else(|| Error::NotFound(asked.hub.to_string()))?;
    let open = check_hub_open(&hub, round.academic_year, cmd.today());
    let set = if etag.is_empty() {
        open?;
        let first = Places { accepted_count: 0, version: 1, ..asked };
        match store::places::places_insert(cmd.tx, &first).await? {
            Some(true) => first,
            Some(false) => return Err(Error::Stale(first.name())),
            // Somebody took it out of the round just now.
            None => return Err(none_of_it),
        }
    } else {
        let stands = store::places::find_places_held(cmd.tx, &asked.round, &asked.hub, &asked.programme).await?;
        let stands = stands.ok_or_else(|| Error::NotFound(asked.name()))?;
        if etag != wire::etag(stands.version) {
            return Err(Error::Stale(stands.name()));
        }
        // Of a hub that is over they can still be taken back.
        if asked.places_count > stands.places_count {
            open?;
        }
        if asked.places_count < stands.accepted_count {
            return Err(Error::PlacesBelowAccepted { name: stands.name(), accepted_count: stands.accepted_count });
        }
        let next = Places { places_count: asked.places_count, version: stands.version + 1, ..stands };
        store::places::places_update(cmd.tx, &next).await?;
        next
    };
    events::places_set(cmd, &set);
    Ok(pb::SetPlacesResponse { places: Some((&set).into()) })
}
