//! `CohortService.CreateCohort` announces a cohort.

use proto::specialists::v1 as pb;
use service::{Command, Error};

use super::{Cohort, CohortViolation, store};

pub(super) async fn create_cohort(cmd: &mut Command<'_, '_>, cohort: Cohort) -> Result<pb::CreateCohortResponse, Error> {
    if !store::cohort_insert(cmd.tx, &cohort).await? {
        return Err(CohortViolation::Exists(cohort.id).into());
    }
    cmd.append(&cohort, &pb::CohortCreated { cohort: Some((&cohort).into()) });
    Ok(pb::CreateCohortResponse { cohort: Some((&cohort).into()) })
}
