//! `CohortService.CreateScoreWeights` publishes the next version of the weights.

use proto::specialists::v1 as pb;
use server::ApiError;
use service::{Command, Error, Resource};

use super::{ScoreWeights, ScoreWeightsDraft, store};

pub(crate) async fn create_score_weights(
    cmd: &mut Command<'_, '_>,
    draft: ScoreWeightsDraft,
) -> Result<pb::CreateScoreWeightsResponse, Error> {
    if let Some(unknown) = mirror::find_unknown_decision(cmd.tx, [&draft.decision]).await? {
        return Err(ApiError::decision_unknown(&unknown).into());
    }
    let last = store::find_score_weights_last(cmd.tx).await?;
    let next = ScoreWeights::following(last.as_ref(), draft, cmd.today())?;
    // Another request published this version in the meantime, so the draft does not follow the version that its author saw.
    if !store::score_weights_insert(cmd.tx, &next).await? {
        return Err(ApiError::stale(&next.name()).into());
    }
    cmd.append(&next, &pb::ScoreWeightsPublished { score_weights: Some((&next).into()) });
    Ok(pb::CreateScoreWeightsResponse { score_weights: Some((&next).into()) })
}
