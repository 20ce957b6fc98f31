//! `ApplicationService.LapseOffers` lets offers lapse that were not answered in time, and opens places that were kept until today; the next on the waiting
//! lists are offered the places. The periodic job does the same for all rounds. A missed run is made up for by the next, because it asks whether an offer's
//! time is over and whether a day has come.

use proto::enrolment::v1 as pb;
use service::{Command, Context, Error, count};

use super::{claim, open_reserve, open_reserve::OpenedPlaces, promote::promote, waiting_list};
use crate::{
    places,
    round::{self, RoundId},
};

/// Hubs' places that one transaction looks at.
const PLACES_MAX: i64 = 100;

/// For a caller: one round.
pub(super) async fn lapse_offers(cmd: &mut Command<'_, '_>, round: RoundId) -> Result<pb::LapseOffersResponse, Error> {
    round::store::round_by_id(cmd.tx, &round).await?;
    let mut total = pb::LapseOffersResponse::default();
    loop {
        let part = lapse_part(cmd, Some(&round)).await?;
        add(&mut total, part.counts);
        if part.is_last {
            return Ok(total);
        }
    }
}

/// The periodic job: all rounds, a bounded part in each transaction.
pub(crate) async fn lapse_all(context: Context) -> Result<(), Error> {
    let mut total = pb::LapseOffersResponse::default();
    loop {
        let part = context.run_system(|cmd| Box::pin(lapse_part(cmd, None))).await?;
        add(&mut total, part.counts);
        if part.is_last {
            break;
        }
    }
    if total.opened_count > 0 {
        tracing::info!(opened = total.opened_count, "places opened that were kept for the coldest authorities");
    }
    if total.lapsed_count > 0 {
        metrics::counter!("enrolment_offers_lapsed_total").increment(total.lapsed_count.unsigned_abs().into());
        tracing::info!(lapsed = total.lapsed_count, offered = total.offered_count, "offers lapsed");
    }
    Ok(())
}

/// The effect of one transaction.
struct Part {
    counts: pb::LapseOffersResponse,
    /// It found nothing to do.
    is_last: bool,
}

fn add(total: &mut pb::LapseOffersResponse, part: pb::LapseOffersResponse) {
    total.lapsed_count += part.lapsed_count;
    total.offered_count += part.offered_count;
    total.opened_count += part.opened_count;
}

async fn lapse_part(cmd: &mut Command<'_, '_>, round: Option<&RoundId>) -> Result<Part, Error> {
    let now = cmd.now();
    let mut part = pb::LapseOffersResponse::default();
    let mut is_last = true;
    for (round, hub, programme) in waiting_list::lapse_list(cmd.tx, round, now, PLACES_MAX).await? {
        let Some(places) = places::store::find_places_for_update(cmd.tx, &round, &hub, &programme).await? else { continue };
        let OpenedPlaces { places, is_renewed, opened_count, offered } = open_reserve(cmd, places).await?;
        part.opened_count += count(opened_count);
        part.offered_count += count_of(offered.len());
        let lapsed = waiting_list::application_lapse(cmd.tx, &places, now).await?;
        is_last &= lapsed.is_empty() && !is_renewed;
        if lapsed.is_empty() {
            continue;
        }
        let ids: Vec<_> = lapsed.iter().map(|application| &application.id).collect();
        claim::claim_release(cmd.tx, &ids).await?;
        for application in &lapsed {
            cmd.append(application, &pb::OfferLapsed { application: Some(application.into()) });
        }
        let round = round::store::round_by_id(cmd.tx, &round).await?;
        let lapsed_count = count_of(lapsed.len());
        part.lapsed_count += lapsed_count;
        part.offered_count += count_of(promote(cmd, &round, &places, lapsed_count.into()).await?.len());
    }
    Ok(Part { counts: part, is_last })
}

fn count_of(length: usize) -> i32 {
    i32::try_from(length).expect("a hub has a bounded number of places")
}
