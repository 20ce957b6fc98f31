//! A school turns its offer down, and the next on the waiting list is offered the place.

use proto::enrolment::v1 as pb;
use server::Once;

use crate::{act::Desk, error::Error, promote::promote, store, target::Target};

pub(crate) async fn decline(desk: &Desk, request: Once, target: Target) -> Result<pb::DeclineOfferResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let (offered, round, places) = target.hold_with_places(&mut act).await?;
            let declined = offered.decline(act.now())?;
            let written = store::application::application_update(act.tx, &declined).await?;
            assert!(written, "nobody else writes an application that is held");
            store::claim::claim_release(act.tx, &[&declined.id]).await?;
            act.offer_declined(&declined);
            let places = places.expect("nothing is offered where there are no places");
            promote(&mut act, &round, &places, 1).await?;
            Ok(pb::DeclineOfferResponse { application: Some((&declined).into()) })
        })
    })
    .await
}
