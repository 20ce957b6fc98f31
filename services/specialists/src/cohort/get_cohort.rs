//! `CohortService.GetCohort` gives one cohort.

use db::Tx;
use proto::specialists::v1 as pb;
use service::Error;

use super::{CohortId, store};

pub(super) async fn get_cohort(tx: &mut Tx<'_>, id: CohortId) -> Result<pb::GetCohortResponse, Error> {
    let cohort = store::cohort_by_id(tx, &id).await?;
    Ok(pb::GetCohortResponse { cohort: Some((&cohort).into()) })
}
