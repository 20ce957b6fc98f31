//! `NominationService.ListRankings` gives a page of the rankings of a cohort, from the first.

use db::Tx;
use proto::specialists::v1 as pb;
use server::{ApiError, Page};
use service::Error;

use super::{Ranking, store};
use crate::cohort::CohortId;

pub(crate) async fn list_rankings(tx: &mut Tx<'_>, cohort: CohortId, page: Page<i64>) -> Result<pb::ListRankingsResponse, Error> {
    let rows = store::ranking_page(tx, &cohort, page.after().copied().unwrap_or(0), page.limit()).await?;
    let rows = rows.ok_or_else(|| ApiError::not_found(&cohort.to_string()))?;
    let (rankings, next_page_token) = page.cut(rows, |ranking: &Ranking| ranking.number, |ranking| (&ranking).into());
    Ok(pb::ListRankingsResponse { rankings, next_page_token })
}
