//! `CohortService.CreateCohort` announces a cohort.

use proto::specialists::v1 as pb;
use service::{Command, Error};

use super::{Cohort, CohortViolation, Terms, store};

pub(super) async fn create_cohort(cmd: &mut Command<'_, '_>, cohort: Cohort) -> Result<pb::CreateCohortResponse, Error> {
    let programme = mirror::programme_of_year::<Error>(cmd.tx, &cohort.programme, cohort.first_academic_year).await?;
    let terms = Terms { version: programme.terms_version, eligibility: programme.eligibility };
    let cohort = Cohort { terms, ..cohort };
    if !store::cohort_insert(cmd.tx, &cohort).await? {
        return Err(CohortViolation::Exists(cohort.id).into());
    }
    cmd.append(&cohort, &pb::CohortCreated { cohort: Some((&cohort).into()) });
    Ok(pb::CreateCohortResponse { cohort: Some((&cohort).into()) })
}
