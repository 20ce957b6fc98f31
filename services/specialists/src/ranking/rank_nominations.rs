//! `NominationService.RankNominations` ranks the submitted nominations of a cohort, and keeps the ranking beside the earlier ones.

use proto::specialists::v1 as pb;
use service::{Command, Error};

use super::{Ranking, RankingBasis, RankingViolation, rank, store};
use crate::{
    cohort::{self, CohortId},
    score_weights,
};

pub(crate) async fn rank_nominations(cmd: &mut Command<'_, '_>, cohort: CohortId) -> Result<pb::RankNominationsResponse, Error> {
    let cohort = cohort::store::cohort_by_id_for_update(cmd.tx, &cohort).await?;
    cohort.check_rankable()?;
    let publication = store::find_publication(cmd.tx, &cohort, cmd.today()).await?;
    let basis = match publication {
        None => None,
        Some(publication) => {
            let weights = score_weights::store::find_score_weights_on(cmd.tx, cohort.window_end).await?;
            let score_weights = weights.ok_or(RankingViolation::WeightsMissing(cohort.window_end))?;
            Some(RankingBasis { publication, score_weights })
        }
    };
    let candidates = store::candidates(cmd.tx, &cohort, basis.as_ref()).await?;
    let entries = rank(candidates, basis.as_ref().map(|basis| basis.score_weights.weights));
    let ranking = Ranking::next(&cohort, basis, &entries, cmd.cause.actor.id.clone(), cmd.now());
    store::ranking_insert(cmd.tx, &ranking, &entries).await?;
    cohort::store::cohort_ranked(cmd.tx, &cohort.id).await?;
    cmd.append(&ranking, &pb::NominationsRanked { ranking: Some((&ranking).into()) });
    Ok(pb::RankNominationsResponse { ranking: Some((&ranking).into()) })
}
