//! `NominationService.ListNominations` gives a page of the nominations of a cohort.

use db::Tx;
use proto::specialists::v1 as pb;
use scope::ScopeKey;
use server::{ApiError, Page};
use service::Error;
use time::AcademicYear;

use super::{
    Nomination, NominationId,
    store::{self, NominationFilter},
};
use crate::cohort::CohortId;

pub(super) async fn list_nominations(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    cohort: CohortId,
    filter: NominationFilter,
    year: AcademicYear,
    page: Page<NominationId>,
) -> Result<pb::ListNominationsResponse, Error> {
    let rows = store::nomination_page(tx, &scope, &cohort, &filter, year, page.after(), page.limit()).await?;
    let rows = rows.ok_or_else(|| ApiError::not_found(&cohort.to_string()))?;
    let key = |nomination: &Nomination| nomination.id.clone();
    let (nominations, next_page_token) = page.cut(rows, key, |nomination| (&nomination).into());
    Ok(pb::ListNominationsResponse { nominations, next_page_token })
}
