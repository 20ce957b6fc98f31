//! The nominations of a cohort are ranked, and the ranking is kept beside those before it.

use proto::specialists::v1 as pb;
use server::Once;

use crate::{
    act::{Act, Desk},
    domain::{Broken, CohortId, Ranking, rank},
    error::Error,
    store::{self, Hold},
};

/// Ranks; with `validate_only` it says what the ranking would be.
pub(crate) async fn rank_nominations(
    desk: &Desk,
    request: Once,
    cohort: CohortId,
    validate_only: bool,
) -> Result<pb::RankNominationsResponse, Error> {
    desk.once_or_foretell(request, validate_only, move |mut act| {
        Box::pin(async move {
            let ranking = make(&mut act, &cohort).await?;
            Ok(pb::RankNominationsResponse { ranking: Some((&ranking).into()) })
        })
    })
    .await
}

async fn make(act: &mut Act<'_, '_>, id: &CohortId) -> Result<Ranking, Error> {
    let found = store::cohort::find_cohort_held(act.tx, id, Hold::Alone).await?;
    let cohort = found.ok_or_else(|| Error::NotFound(id.to_string()))?;
    cohort.check_rankable()?;
    let publication = store::ranking::find_publication(act.tx, &cohort, act.today()).await?;
    let ground = match publication {
        None => None,
        Some(publication) => {
            let weights = store::weights::find_weights_on(act.tx, cohort.window_end).await?;
            Some((publication, weights.ok_or(Broken::WeightsMissing(cohort.window_end))?))
        }
    };
    let name = ground.as_ref().map(|(publication, _)| publication.as_str());
    let candidates = store::ranking::candidates(act.tx, &cohort, name).await?;
    let entries = rank(candidates, ground.as_ref().map(|(_, version)| version.weights));
    let count = |number: usize| i64::try_from(number).expect("nominations of a cohort fit");
    let ranking = Ranking {
        cohort: cohort.id.clone(),
        number: cohort.rankings_count + 1,
        rank_time: act.now(),
        actor: act.cause.actor.clone(),
        ground: ground.map(|(publication, version)| (publication, version.version)),
        nominations_count: count(entries.len()),
        scored_count: count(entries.iter().filter(|entry| entry.scored.is_some()).count()),
    };
    store::ranking::ranking_insert(act.tx, &ranking, &entries).await?;
    store::cohort::cohort_ranked(act.tx, &cohort.id).await?;
    act.nominations_ranked(&ranking);
    Ok(ranking)
}
