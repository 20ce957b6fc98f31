//! `NominationService.ListRankings` gives a page of the rankings of a cohort, from the first.

use db::Tx;
use proto::specialists::v1 as pb;
use server::{ApiError, Page};
use service::Error;

use super::{Ranking, store};
use crate::cohort::CohortId;

pub(crate) async fn list_rankings(tx: &mut Tx<'_>, cohort: CohortId, page: Page) -> Result<pb::ListRankingsResponse, Error> {
    // A token that was tampered with begins at the first ranking.
    let after = page.after().parse().unwrap_or(0);
    let rows = store::ranking_page(tx, &cohort, after, page.limit()).await?;
    let rows = rows.ok_or_else(|| ApiError::not_found(&cohort.to_string()))?;
    let (rankings, next_page_token) = page.cut(rows, |ranking: &Ranking| ranking.number.to_string(), |ranking| (&ranking).into());
    Ok(pb::ListRankingsResponse { rankings, next_page_token })
}
