//! A cohort is announced.

use proto::specialists::v1 as pb;
use service::Command;

use crate::{domain::Cohort, error::Error, events, store};

pub(crate) async fn create_cohort(cmd: &mut Command<'_, '_>, cohort: Cohort) -> Result<pb::CreateCohortResponse, Error> {
    if !store::cohort::cohort_insert(cmd.tx, &cohort).await? {
        return Err(Error::CohortExists(cohort.id.to_string()));
    }
    events::cohort_created(cmd, &cohort);
    Ok(pb::CreateCohortResponse { cohort: Some((&cohort).into()) })
}
