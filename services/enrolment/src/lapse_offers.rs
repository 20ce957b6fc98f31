//! Offers lapse that were not answered in time, and the next on the waiting lists are offered the places. A run that was missed is caught up by
//! the next, because what counts is whether an offer's time is over, not whether it ended since yesterday.

use proto::enrolment::v1 as pb;
use service::{Command, Context};

use crate::{domain::RoundId, error::Error, events, promote::promote, store};

/// Hubs' places that one transaction looks at.
const PLACES_MAX: i64 = 100;

/// For a caller: one round.
pub(crate) async fn lapse_offers(cmd: &mut Command<'_, '_>, round: RoundId) -> Result<pb::LapseOffersResponse, Error> {
    if store::round::find_round(cmd.tx, &round).await?.is_none() {
        return Err(Error::NotFound(round.to_string()));
    }
    let mut total = pb::LapseOffersResponse::default();
    loop {
        let part = lapse_part(cmd, round.as_str()).await?;
        if part.lapsed_count == 0 {
            return Ok(total);
        }
        total.lapsed_count += part.lapsed_count;
        total.offered_count += part.offered_count;
    }
}

/// A periodic job of the service: lets offers of all rounds lapse, a bounded part in each transaction.
pub(crate) async fn lapse_all(context: Context) -> Result<(), Error> {
    let mut total = pb::LapseOffersResponse::default();
    loop {
        let part = context.run_system(|cmd| Box::pin(lapse_part(cmd, ""))).await?;
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

async fn lapse_part(cmd: &mut Command<'_, '_>, round: &str) -> Result<pb::LapseOffersResponse, Error> {
    let now = cmd.now();
    let mut part = pb::LapseOffersResponse::default();
    let count = |number: usize| i32::try_from(number).expect("a statement changes at most 1,000 rows");
    for (round, hub, programme) in store::waiting::lapse_list(cmd.tx, round, now, PLACES_MAX).await? {
        let Some(places) = store::places::find_places_held(cmd.tx, &round, &hub, &programme).await? else { continue };
        let lapsed = store::waiting::application_lapse(cmd.tx, &places, now).await?;
        if lapsed.is_empty() {
            continue;
        }
        let ids: Vec<_> = lapsed.iter().map(|application| &application.id).collect();
        store::claim::claim_release(cmd.tx, &ids).await?;
        for application in &lapsed {
            events::offer_lapsed(cmd, application);
        }
        let round = store::round::find_round(cmd.tx, &round).await?.expect("an application's round is there");
        let freed_count = i64::try_from(lapsed.len()).expect("a statement changes at most 1,000 rows");
        let offered = promote(cmd, &round, &places, freed_count).await?;
        part.lapsed_count += count(lapsed.len());
        part.offered_count += count(offered.len());
    }
    Ok(part)
}
