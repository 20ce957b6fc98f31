//! The places of a hub that are kept for schools of the coldest authorities, by the policy of the day.

use proto::enrolment::v1 as pb;
use service::{Command, Error};

use super::{Places, store};
use crate::round::{self, ReserveOnDay};

/// Brings the reserve of locked places to the policy in force today when a day has come on which it changes, and records the change. A missed day is made
/// up for, because it asks for days up to today.
pub(crate) async fn renew_reserve(cmd: &mut Command<'_, '_>, places: Places) -> Result<Places, Error> {
    let today = cmd.today();
    if places.reserve_change.is_none_or(|day| today < day) {
        return Ok(places);
    }
    // Read under the lock of the places, because an update of the round marks them after it has written the policies.
    let round = round::store::round_by_id(cmd.tx, &places.round).await?;
    let mut renewed = reserved(cmd, &places, round.reserve_on(today)).await?;
    if renewed.reserved_count != places.reserved_count {
        renewed.version += 1;
        cmd.append(&renewed, &pb::PlacesReserveChanged { places: Some((&renewed).into()) });
    }
    store::places_update(cmd.tx, &renewed).await?;
    Ok(renewed)
}

/// The places with the reserve of a day. They are locked.
pub(super) async fn reserved(cmd: &mut Command<'_, '_>, places: &Places, reserve: ReserveOnDay) -> Result<Places, Error> {
    let cold_accepted_count = if reserve.cold_permille == places.cold_permille {
        places.cold_accepted_count
    } else {
        store::cold_accepted_count(cmd.tx, places, reserve.cold_permille).await?
    };
    Ok(places.reserve(reserve, cold_accepted_count))
}
