//! Offers lapse that were not answered in time, and the next on the waiting lists are offered the places. A run that was missed is caught up by
//! the next, because what counts is whether an offer's time is over, not whether it ended since yesterday.

use proto::enrolment::v1 as pb;
use server::Once;

use crate::{
    act::{Act, Desk},
    domain::RoundId,
    error::Error,
    promote::promote,
    store,
};

/// Hubs' places that one transaction looks at.
const PLACES_MAX: i64 = 100;

/// For a caller: one round.
pub(crate) async fn lapse(desk: &Desk, request: Once, round: RoundId) -> Result<pb::LapseOffersResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            if store::round::find_round(act.tx, &round).await?.is_none() {
                return Err(Error::NotFound(round.to_string()));
            }
            let mut total = pb::LapseOffersResponse::default();
            loop {
                let part = lapse_part(&mut act, round.as_str()).await?;
                if part.lapsed_count == 0 {
                    return Ok(total);
                }
                total.lapsed_count += part.lapsed_count;
                total.offered_count += part.offered_count;
            }
        })
    })
    .await
}

/// For the service itself: all rounds, a bounded part in each transaction.
pub(crate) async fn lapse_all(desk: &Desk) -> Result<pb::LapseOffersResponse, Error> {
    let mut total = pb::LapseOffersResponse::default();
    loop {
        let recorded = desk.clock.now();
        let cause =
            feed::Cause { actor: "enrolment".to_owned(), request_id: String::new(), traceparent: String::new(), recorded };
        let ids = desk.ids.clone();
        let part = desk.pool.write::<_, Error, _>(move |mut tx| {
            Box::pin(async move { lapse_part(&mut Act { tx: &mut tx, ids, cause: &cause }, "").await })
        });
        let part = part.await?;
        if part.lapsed_count == 0 {
            return Ok(total);
        }
        total.lapsed_count += part.lapsed_count;
        total.offered_count += part.offered_count;
    }
}

async fn lapse_part(act: &mut Act<'_, '_>, round: &str) -> Result<pb::LapseOffersResponse, Error> {
    let now = act.now();
    let mut part = pb::LapseOffersResponse::default();
    let count = |number: usize| i32::try_from(number).expect("a statement changes at most 1,000 rows");
    for (round, hub, programme) in store::waiting::lapse_list(act.tx, round, now, PLACES_MAX).await? {
        let Some(places) = store::places::find_places_held(act.tx, &round, &hub, &programme).await? else { continue };
        let lapsed = store::waiting::application_lapse(act.tx, &places, now).await?;
        if lapsed.is_empty() {
            continue;
        }
        let ids: Vec<_> = lapsed.iter().map(|application| &application.id).collect();
        store::claim::claim_release(act.tx, &ids).await?;
        for application in &lapsed {
            act.offer_lapsed(application);
        }
        let round = store::round::find_round(act.tx, &round).await?.expect("an application's round is there");
        let freed_count = i64::try_from(lapsed.len()).expect("a statement changes at most 1,000 rows");
        let offered = promote(act, &round, &places, freed_count).await?;
        part.lapsed_count += count(lapsed.len());
        part.offered_count += count(offered.len());
    }
    Ok(part)
}
