//! The next version of the weights is published.

use proto::specialists::v1 as pb;
use server::Once;
use time::Date;

use crate::{
    act::Desk,
    domain::{ScoreWeights, Weights},
    error::Error,
    store,
};

pub(crate) async fn publish_weights(
    desk: &Desk,
    request: Once,
    start: Date,
    decision: String,
    weights: Weights,
) -> Result<pb::CreateScoreWeightsResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let last = store::weights::find_weights_last(act.tx).await?;
            ScoreWeights::check_next(last.as_ref(), start, act.today())?;
            let version = last.map_or(1, |last| last.version + 1);
            let next = ScoreWeights { version, start, decision, weights };
            // Of two who publish at once one is told to look again: what it meant to follow has been followed.
            if !store::weights::weights_insert(act.tx, &next).await? {
                return Err(Error::Stale(next.name()));
            }
            act.score_weights_published(&next);
            Ok(pb::CreateScoreWeightsResponse { score_weights: Some((&next).into()) })
        })
    })
    .await
}
