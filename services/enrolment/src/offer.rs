//! Places of one hub and programme are offered to the first of those that wait.

use proto::enrolment::v1 as pb;
use server::Once;

use crate::{
    act::{Act, Desk},
    domain::{HubId, ProgrammeId, RoundId, Scope, check_hub_open},
    error::Error,
    store::{self, application::Choice},
};

/// What is offered.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) round: RoundId,
    pub(crate) hub: HubId,
    pub(crate) programme: ProgrammeId,
    /// None: one for every place that is neither accepted nor offered.
    pub(crate) offers_count: Option<i64>,
    pub(crate) validate_only: bool,
}

pub(crate) async fn offer(desk: &Desk, request: Once, scope: Scope, offer: Offer) -> Result<pb::OfferPlacesResponse, Error> {
    let answer = desk.once(request, move |mut act| {
        Box::pin(async move {
            let response = make(&mut act, &scope, &offer).await?;
            // The very same steps, undone: so what is foretold is what would happen.
            if offer.validate_only { Err(Error::Preview(Box::new(response))) } else { Ok(response) }
        })
    });
    match answer.await {
        Err(Error::Preview(response)) => Ok(*response),
        other => other,
    }
}

async fn make(act: &mut Act<'_, '_>, scope: &Scope, offer: &Offer) -> Result<pb::OfferPlacesResponse, Error> {
    let name = || Error::NotFound(format!("{}/places/{}.{}", offer.round, offer.hub.as_str(), offer.programme.as_str()));
    if !matches!(scope, Scope::All) && *scope != Scope::Hub(offer.hub.clone()) {
        return Err(name());
    }
    let now = act.now();
    let round = store::round::find_round(act.tx, &offer.round).await?.ok_or_else(|| Error::NotFound(offer.round.to_string()))?;
    let places = store::places::find_places_held(act.tx, &offer.round, &offer.hub, &offer.programme).await?.ok_or_else(name)?;
    round.check_giving(now)?;
    let hub = mirror::find_hub(act.tx, &offer.hub).await?.ok_or_else(name)?;
    check_hub_open(&hub, round.academic_year, act.today())?;
    let count = match offer.offers_count {
        Some(count) => count,
        None => places.offers_due(store::application::offers_standing_count(act.tx, &places, now).await?),
    };
    let choice = Choice { order: round.place_order(now.date()), submitted_too: true, count, expire: round.offer_expiry(now) };
    let offered = store::application::application_offer(act.tx, &places, choice).await?;
    for application in &offered {
        act.place_offered(application);
    }
    let mut waitlisted_count = 0;
    loop {
        let waitlisted = store::application::application_waitlist(act.tx, &places).await?;
        if waitlisted.is_empty() {
            break;
        }
        for application in &waitlisted {
            act.application_waitlisted(application);
            waitlisted_count += 1;
        }
    }
    Ok(pb::OfferPlacesResponse { offered_applications: offered.iter().map(Into::into).collect(), waitlisted_count })
}
