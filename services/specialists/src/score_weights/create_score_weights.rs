//! The next version of the weights is published.

use proto::specialists::v1 as pb;
use service::Command;
use time::Date;

use crate::{
    domain::{ScoreWeights, Weights},
    error::Error,
    events, store,
};

pub(crate) async fn create_score_weights(
    cmd: &mut Command<'_, '_>,
    start: Date,
    decision: String,
    weights: Weights,
) -> Result<pb::CreateScoreWeightsResponse, Error> {
    let last = store::weights::find_weights_last(cmd.tx).await?;
    ScoreWeights::check_next(last.as_ref(), start, cmd.today())?;
    let version = last.map_or(1, |last| last.version + 1);
    let next = ScoreWeights { version, start, decision, weights };
    // Of two who publish at once one is told to look again: what it meant to follow has been followed.
    if !store::weights::weights_insert(cmd.tx, &next).await? {
        return Err(Error::Stale(next.name()));
    }
    events::score_weights_published(cmd, &next);
    Ok(pb::CreateScoreWeightsResponse { score_weights: Some((&next).into()) })
}
