//! `CohortService.ListScoreWeights` gives a page of the versions of the weights.

use db::Tx;
use proto::specialists::v1 as pb;
use server::Page;
use service::Error;

use super::{ScoreWeights, store};

pub(crate) async fn list_score_weights(tx: &mut Tx<'_>, page: Page<i64>) -> Result<pb::ListScoreWeightsResponse, Error> {
    let rows = store::score_weights_page(tx, page.after().copied().unwrap_or(0), page.limit()).await?;
    let key = |score_weights: &ScoreWeights| score_weights.version;
    let (score_weights, next_page_token) = page.cut(rows, key, |score_weights| (&score_weights).into());
    Ok(pb::ListScoreWeightsResponse { score_weights, next_page_token })
}
