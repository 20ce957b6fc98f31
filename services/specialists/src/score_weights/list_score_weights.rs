//! `CohortService.ListScoreWeights` gives a page of the versions of the weights.

use db::Tx;
use proto::specialists::v1 as pb;
use server::Page;
use service::Error;

use super::{ScoreWeights, store};

pub(crate) async fn list_score_weights(tx: &mut Tx<'_>, page: Page) -> Result<pb::ListScoreWeightsResponse, Error> {
    // A token that was tampered with begins at the first version.
    let after = page.after().parse().unwrap_or(0);
    let rows = store::score_weights_page(tx, after, page.limit()).await?;
    let key = |score_weights: &ScoreWeights| score_weights.version.to_string();
    let (score_weights, next_page_token) = page.cut(rows, key, |score_weights| (&score_weights).into());
    Ok(pb::ListScoreWeightsResponse { score_weights, next_page_token })
}
