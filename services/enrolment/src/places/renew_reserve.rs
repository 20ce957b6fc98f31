//! The places of a hub that are kept for schools of the coldest authorities, by the policy of the day.

use proto::enrolment::v1 as pb;
use service::{Command, Error};

use super::{Places, store};
use crate::round::{ReserveOnDay, Round};

/// Brings the reserve of locked places to the policy in force today, and records the change. [`crate::application::open_reserve`] calls it, and offers the
/// places that it opens.
pub(crate) async fn renew_reserve(cmd: &mut Command<'_, '_>, places: &Places, round: &Round) -> Result<Places, Error> {
    let mut renewed = reserved(cmd, places, round.reserve_on(cmd.today())).await?;
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
