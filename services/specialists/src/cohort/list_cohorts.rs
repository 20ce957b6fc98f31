//! `CohortService.ListCohorts` gives a page of cohorts.

use db::Tx;
use proto::specialists::v1 as pb;
use server::Page;
use service::Error;

use super::{Cohort, store};

pub(super) async fn list_cohorts(tx: &mut Tx<'_>, page: Page) -> Result<pb::ListCohortsResponse, Error> {
    let rows = store::cohort_page(tx, page.after(), page.limit()).await?;
    let (cohorts, next_page_token) = page.cut(rows, |cohort: &Cohort| cohort.id.as_str().to_owned(), |cohort| (&cohort).into());
    Ok(pb::ListCohortsResponse { cohorts, next_page_token })
}
