//! `CohortService.ListCohorts` gives a page of cohorts.

use db::Tx;
use proto::specialists::v1 as pb;
use server::Page;
use service::Error;

use super::{Cohort, CohortId, store};

pub(super) async fn list_cohorts(tx: &mut Tx<'_>, page: Page<CohortId>) -> Result<pb::ListCohortsResponse, Error> {
    let rows = store::cohort_page(tx, page.after(), page.limit()).await?;
    let (cohorts, next_page_token) = page.cut(rows, |cohort: &Cohort| cohort.id.clone(), |cohort| (&cohort).into());
    Ok(pb::ListCohortsResponse { cohorts, next_page_token })
}
