//! A cohort is announced.

use proto::specialists::v1 as pb;
use server::Once;

use crate::{act::Desk, domain::Cohort, error::Error, store};

pub(crate) async fn create_cohort(desk: &Desk, request: Once, cohort: Cohort) -> Result<pb::CreateCohortResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            if !store::cohort::cohort_insert(act.tx, &cohort).await? {
                return Err(Error::CohortExists(cohort.id.to_string()));
            }
            act.cohort_created(&cohort);
            Ok(pb::CreateCohortResponse { cohort: Some((&cohort).into()) })
        })
    })
    .await
}
