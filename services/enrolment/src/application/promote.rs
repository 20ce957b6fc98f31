//! Offers freed places to the next on the waiting list.

use proto::enrolment::v1 as pb;
use service::{Command, Error};

use super::{
    rules::Application,
    waiting_list::{self, Selection},
};
use crate::{
    places::{Places, check_hub_open},
    round::Round,
};

/// Offers the places that `freed_count` ended offers or places left to the next on the waiting list, as long as fewer offers are open than places are
/// free. Makes no offer when the round's academic year or the hub is over. The places are locked, and their counts are those after the change.
pub(super) async fn promote(
    cmd: &mut Command<'_, '_>,
    round: &Round,
    places: &Places,
    freed_count: i64,
) -> Result<Vec<Application>, Error> {
    let now = cmd.now();
    if round.check_giving(now).is_err() {
        return Ok(Vec::new());
    }
    let hub = mirror::find_hub(cmd.tx, &places.hub).await?;
    if hub.is_none_or(|hub| check_hub_open(&hub, round.academic_year, cmd.today()).is_err()) {
        return Ok(Vec::new());
    }
    let open = waiting_list::offers_open(cmd.tx, places, now).await?;
    let due = places.offers(open, places.offers_due(open).min(freed_count));
    let programme = round.programme(&places.programme);
    let (today, order, expire) = (cmd.today(), round.place_order(now.date()), round.offer_expiry(now));
    let selection = Selection { programme, today, order, with_submitted: false, due, expire };
    let offered = waiting_list::application_offer(cmd.tx, places, selection).await?;
    for application in &offered {
        cmd.append(application, &pb::PlaceOffered { application: Some(application.into()) });
    }
    Ok(offered)
}
