//! `ApplicationService.LapseOffers` lets offers lapse that were not answered in time; the next on the waiting lists are offered the places. The periodic
//! job does the same for all rounds. A missed run is made up for by the next, because it asks whether an offer's time is over.

use proto::enrolment::v1 as pb;
use service::{Command, Context, Error, count};

use super::{claim, promote::promote, waiting_list};
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
        if part.lapsed_count == 0 {
            return Ok(total);
        }
        total.lapsed_count += part.lapsed_count;
        total.offered_count += part.offered_count;
    }
}

/// The periodic job: all rounds, a bounded part in each transaction.
pub(crate) async fn lapse_all(context: Context) -> Result<(), Error> {
    let mut total = pb::LapseOffersResponse::default();
    loop {
        let part = context.run_system(|cmd| Box::pin(lapse_part(cmd, None))).await?;
        if part.lapsed_count == 0 {
            break;
        }
        total.lapsed_count += part.lapsed_count;
        total.offered_count += part.offered_count;
    }
    if total.lapsed_count > 0 {
        metrics::counter!("enrolment_offers_lapsed_total").increment(total.lapsed_count.unsigned_abs().into());
        tracing::info!(lapsed = total.lapsed_count, offered = total.offered_count, "offers lapsed");
    }
    Ok(())
}

async fn lapse_part(cmd: &mut Command<'_, '_>, round: Option<&RoundId>) -> Result<pb::LapseOffersResponse, Error> {
    let now = cmd.now();
    let mut part = pb::LapseOffersResponse::default();
    for (round, hub, programme) in waiting_list::lapse_list(cmd.tx, round, now, PLACES_MAX).await? {
        let Some(places) = places::store::find_places_for_update(cmd.tx, &round, &hub, &programme).await? else { continue };
        let lapsed = waiting_list::application_lapse(cmd.tx, &places, now).await?;
        if lapsed.is_empty() {
            continue;
        }
        let ids: Vec<_> = lapsed.iter().map(|application| &application.id).collect();
        claim::claim_release(cmd.tx, &ids).await?;
        for application in &lapsed {
            cmd.append(application, &pb::OfferLapsed { application: Some(application.into()) });
        }
        let round = round::store::round_by_id(cmd.tx, &round).await?;
        let freed_count = i64::try_from(lapsed.len()).expect("a statement changes at most 1,000 rows");
        let offered = promote(cmd, &round, &places, freed_count).await?;
        part.lapsed_count += count(freed_count);
        part.offered_count += i32::try_from(offered.len()).expect("a statement changes at most 1,000 rows");
    }
    Ok(part)
}
