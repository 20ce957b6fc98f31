//! Places of one hub and programme are offered to the first of those that wait.

use proto::enrolment::v1 as pb;
use service::Command;

use crate::{
    domain::{HubId, ProgrammeId, RoundId, Scope, check_hub_open, why_not_eligible},
    error::Error,
    events,
    store::{self, waiting::Choice},
};

/// What is offered.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) round: RoundId,
    pub(crate) hub: HubId,
    pub(crate) programme: ProgrammeId,
    /// None: one for every place that is neither accepted nor offered.
    pub(crate) offers_count: Option<i64>,
}

pub(crate) async fn offer_places(
    cmd: &mut Command<'_, '_>,
    scope: Scope,
    offer: Offer,
) -> Result<pb::OfferPlacesResponse, Error> {
    let name = || Error::NotFound(format!("{}/places/{}.{}", offer.round, offer.hub.as_str(), offer.programme.as_str()));
    if !matches!(scope, Scope::All) && scope != Scope::Hub(offer.hub.clone()) {
        return Err(name());
    }
    let now = cmd.now();
    let round = store::round::find_round(cmd.tx, &offer.round).await?.ok_or_else(|| Error::NotFound(offer.round.to_string()))?;
    let places = store::places::find_places_held(cmd.tx, &offer.round, &offer.hub, &offer.programme).await?.ok_or_else(name)?;
    round.check_giving(now)?;
    let hub = mirror::find_hub(cmd.tx, &offer.hub).await?.ok_or_else(name)?;
    check_hub_open(&hub, round.academic_year, cmd.today())?;
    let count = match offer.offers_count {
        Some(count) => count,
        None => places.offers_due(store::waiting::offers_standing_count(cmd.tx, &places, now).await?),
    };
    let programme = round.find_programme(&offer.programme).ok_or_else(name)?;
    let (today, order, expire) = (cmd.today(), round.place_order(now.date()), round.offer_expiry(now));
    let choice = Choice { programme, today, order, submitted_too: true, count, expire };
    let offered = store::waiting::application_offer(cmd.tx, &places, choice).await?;
    for application in &offered {
        events::place_offered(cmd, application);
    }
    let mut waitlisted_count = 0;
    loop {
        let waitlisted = store::waiting::application_waitlist(cmd.tx, &places).await?;
        if waitlisted.is_empty() {
            break;
        }
        for application in &waitlisted {
            events::application_waitlisted(cmd, application);
            waitlisted_count += 1;
        }
    }
    let passed_over = store::waiting::passed_over_list(cmd.tx, &places, programme, today).await?;
    let passed_over = passed_over.into_iter().map(|(id, own)| pb::ApplicationPassedOver {
        application: format!("{}/{id}", places.round),
        why: why_not_eligible(own.as_ref(), programme).expect("these are the ones that may not").to_owned(),
    });
    Ok(pb::OfferPlacesResponse {
        offered_applications: offered.iter().map(Into::into).collect(),
        waitlisted_count,
        passed_over_applications: passed_over.collect(),
    })
}
