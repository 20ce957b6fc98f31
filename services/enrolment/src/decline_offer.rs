//! A school turns its offer down, and the next on the waiting list is offered the place.

use proto::enrolment::v1 as pb;
use service::Command;

use crate::{application_ref::ApplicationRef, error::Error, events, promote::promote, store};

pub(crate) async fn decline_offer(
    cmd: &mut Command<'_, '_>,
    application: ApplicationRef,
) -> Result<pb::DeclineOfferResponse, Error> {
    let (offered, round, places) = application.hold_with_places(cmd).await?;
    let declined = offered.decline(cmd.now())?;
    let written = store::application::application_update(cmd.tx, &declined).await?;
    assert!(written, "nobody else writes an application that is held");
    store::claim::claim_release(cmd.tx, &[&declined.id]).await?;
    events::offer_declined(cmd, &declined);
    let places = places.expect("nothing is offered where there are no places");
    promote(cmd, &round, &places, 1).await?;
    Ok(pb::DeclineOfferResponse { application: Some((&declined).into()) })
}
