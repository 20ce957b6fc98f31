//! What becomes free goes to the next on the waiting list.

use service::Command;

use crate::{
    domain::{Application, Places, Round, check_hub_open},
    error::Error,
    events,
    store::{self, waiting::Choice},
};

/// Offers the places that `freed_count` ended offers or places left to the next on the waiting list, as long as fewer offers stand than places are
/// free. When the round's academic year is over, or the hub, nobody is offered anything. The places are held, and are as they are after what was freed.
pub(crate) async fn promote(
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
    let standing_count = store::waiting::offers_standing_count(cmd.tx, places, now).await?;
    let count = places.offers_due(standing_count).min(freed_count);
    let programme = round.find_programme(&places.programme).expect("a programme with places cannot leave its round");
    let (today, order, expire) = (cmd.today(), round.place_order(now.date()), round.offer_expiry(now));
    let choice = Choice { programme, today, order, submitted_too: false, count, expire };
    let offered = store::waiting::application_offer(cmd.tx, places, choice).await?;
    for application in &offered {
        events::place_offered(cmd, application);
    }
    Ok(offered)
}
