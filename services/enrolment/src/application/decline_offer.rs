//! `ApplicationService.DeclineOffer` declines an offer. The place is offered to the next on the waiting list.

use proto::enrolment::v1 as pb;
use service::{Command, Error};

use super::{ApplicationRef, claim, promote::promote, store};

pub(super) async fn decline_offer(
    cmd: &mut Command<'_, '_>,
    application: ApplicationRef,
) -> Result<pb::DeclineOfferResponse, Error> {
    let (offered, round, places) = application.lock_with_places(cmd).await?;
    let declined = offered.decline(cmd.now())?;
    store::application_update_locked(cmd.tx, &declined).await?;
    claim::claim_release(cmd.tx, &[&declined.id]).await?;
    cmd.append(&declined, &pb::OfferDeclined { application: Some((&declined).into()) });
    let places = places.expect("an offer is made of places that exist");
    promote(cmd, &round, &places, 1).await?;
    Ok(pb::DeclineOfferResponse { application: Some((&declined).into()) })
}
