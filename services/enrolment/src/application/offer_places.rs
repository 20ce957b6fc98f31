//! `ApplicationService.OfferPlaces` offers places of a hub for a programme to the first applications, and puts the others on the waiting list.

use name::{HubId, ProgrammeId};
use proto::enrolment::v1 as pb;
use scope::Scope;
use server::ApiError;
use service::{Command, Error};

use super::{
    eligibility::ineligibility,
    open_reserve,
    waiting_list::{self, Selection},
};
use crate::{
    places::{self, check_hub_open},
    round::{self, RoundId},
};

/// The places that are offered.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) round: RoundId,
    pub(super) hub: HubId,
    pub(super) programme: ProgrammeId,
    /// `None`: one for every place that is neither accepted nor offered.
    pub(super) offers_count: Option<i64>,
}

pub(super) async fn offer_places(
    cmd: &mut Command<'_, '_>,
    scope: Scope,
    offer: Offer,
) -> Result<pb::OfferPlacesResponse, Error> {
    let not_found = || ApiError::not_found(&places::name(&offer.round, &offer.hub, &offer.programme));
    if !matches!(scope, Scope::All) && scope != Scope::Hub(offer.hub.clone()) {
        return Err(not_found().into());
    }
    let now = cmd.now();
    let round = round::store::round_by_id(cmd.tx, &offer.round).await?;
    let places = places::store::find_places_for_update(cmd.tx, &offer.round, &offer.hub, &offer.programme).await?;
    let places = places.ok_or_else(not_found)?;
    round.check_giving(now)?;
    // First, as when the job came first: opened places go to the waiting list, also before colder schools that were submitted since.
    let opened = open_reserve(cmd, places).await?;
    let places = opened.places;
    let hub = mirror::find_hub(cmd.tx, &offer.hub).await?.ok_or_else(not_found)?;
    check_hub_open(&hub, round.academic_year, cmd.today())?;
    let open = waiting_list::offers_open(cmd.tx, &places, now).await?;
    let due = places.offers(open, offer.offers_count.unwrap_or_else(|| places.offers_due(open)));
    let programme = round.programme(&offer.programme);
    let (today, order, expire) = (cmd.today(), round.place_order(now.date()), round.offer_expiry(now));
    let selection = Selection { programme, today, order, with_submitted: true, due, expire };
    let offered = waiting_list::application_offer(cmd.tx, &places, selection).await?;
    for application in &offered {
        cmd.append(application, &pb::PlaceOffered { application: Some(application.into()) });
    }
    let waitlisted_count = waitlist_rest(cmd, &places).await?;
    let passed_over = waiting_list::passed_over_list(cmd.tx, &places, programme, today).await?;
    let passed_over = passed_over.into_iter().map(|(id, school)| pb::ApplicationPassedOver {
        application: format!("{}/{id}", places.round),
        why: ineligibility(school.as_ref(), programme).expect("the list holds ineligible schools").to_string(),
    });
    Ok(pb::OfferPlacesResponse {
        offered_applications: opened.offered.iter().chain(&offered).map(Into::into).collect(),
        waitlisted_count,
        passed_over_applications: passed_over.collect(),
    })
}

/// Puts all submitted applications on the waiting list. Gives their number.
async fn waitlist_rest(cmd: &mut Command<'_, '_>, places: &places::Places) -> Result<i32, Error> {
    let mut waitlisted_count = 0;
    loop {
        let waitlisted = waiting_list::application_waitlist(cmd.tx, places).await?;
        if waitlisted.is_empty() {
            return Ok(waitlisted_count);
        }
        for application in &waitlisted {
            cmd.append(application, &pb::ApplicationWaitlisted { application: Some(application.into()) });
            waitlisted_count += 1;
        }
    }
}
