//! The nominations of a cohort are ranked, and the ranking is kept beside those before it.

use proto::specialists::v1 as pb;
use service::Command;

use crate::{
    domain::{Broken, CohortId, Ranking, rank},
    error::Error,
    events,
    store::{self, Hold},
};

pub(crate) async fn rank_nominations(cmd: &mut Command<'_, '_>, cohort: CohortId) -> Result<pb::RankNominationsResponse, Error> {
    let found = store::cohort::find_cohort_held(cmd.tx, &cohort, Hold::Alone).await?;
    let cohort = found.ok_or_else(|| Error::NotFound(cohort.to_string()))?;
    cohort.check_rankable()?;
    let publication = store::ranking::find_publication(cmd.tx, &cohort, cmd.today()).await?;
    let ground = match publication {
        None => None,
        Some(publication) => {
            let weights = store::weights::find_weights_on(cmd.tx, cohort.window_end).await?;
            Some((publication, weights.ok_or(Broken::WeightsMissing(cohort.window_end))?))
        }
    };
    let name = ground.as_ref().map(|(publication, _)| publication.as_str());
    let candidates = store::ranking::candidates(cmd.tx, &cohort, name).await?;
    let entries = rank(candidates, ground.as_ref().map(|(_, version)| version.weights));
    let count = |number: usize| i64::try_from(number).expect("nominations of a cohort fit");
    let ranking = Ranking {
        cohort: cohort.id.clone(),
        number: cohort.rankings_count + 1,
        rank_time: cmd.now(),
        actor: cmd.cause.actor.clone(),
        ground: ground.map(|(publication, version)| (publication, version.version)),
        nominations_count: count(entries.len()),
        scored_count: count(entries.iter().filter(|entry| entry.scored.is_some()).count()),
    };
    store::ranking::ranking_insert(cmd.tx, &ranking, &entries).await?;
    store::cohort::cohort_ranked(cmd.tx, &cohort.id).await?;
    events::nominations_ranked(cmd, &ranking);
    Ok(pb::RankNominationsResponse { ranking: Some((&ranking).into()) })
}
