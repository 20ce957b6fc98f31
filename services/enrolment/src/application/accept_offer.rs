//! `ApplicationService.AcceptOffer` takes the place that a school was offered.

use proto::enrolment::v1 as pb;
use server::ApiError;
use service::{Command, Error, Resource};

use super::{ApplicationRef, claim, open_reserve, store};
use crate::{
    participation::{self, Participation, ParticipationId},
    places,
};

pub(super) async fn accept_offer(
    cmd: &mut Command<'_, '_>,
    application: ApplicationRef,
    document_sha256: String,
) -> Result<pb::AcceptOfferResponse, Error> {
    let (now, today) = (cmd.now(), cmd.today());
    let (offered, round, eligibility) = application.read_with_eligibility(cmd).await?;
    let participation = ParticipationId::trusted(cmd.next_id());
    cmd.concerns(&offered.hub, offered.urn);
    let accepted = offered.accept(participation.clone(), now)?;
    round.check_giving(now)?;
    eligibility.check_school(&offered, &round)?;
    eligibility.check_hub(&round, today)?;
    // This statement decides among all that accept at once.
    if !places::store::place_take(cmd.tx, &offered, today).await? {
        let places = places::store::find_places_for_update(cmd.tx, &offered.round, &offered.hub, &offered.programme).await?;
        let opened = open_reserve(cmd, places.expect("an offer is made of places that exist")).await?;
        if !opened.is_renewed || !places::store::place_take(cmd.tx, &offered, today).await? {
            return Err(opened.places.refusal(round.reserve(today).map(|reserve| reserve.until)).into());
        }
    }
    if !store::application_update(cmd.tx, &accepted).await? {
        // Another transaction answered or withdrew it meanwhile. The place goes back with this transaction.
        application.read(cmd).await?.0.check_offer(now)?;
        return Err(ApiError::stale(&offered.name()).into());
    }
    if !claim::claim_keep(cmd.tx, &accepted).await? {
        return Err(application.has_applied(cmd, &accepted, &round.claim_span(&accepted.programme)).await?.into());
    }
    let participation = Participation::begin(participation, &accepted, &round, eligibility.chosen_hub, today);
    participation::store::participation_insert(cmd.tx, &participation).await?;
    let (application, participation) = (Some((&accepted).into()), Some((&participation).into()));
    cmd.append(&accepted, &pb::PlaceAccepted { application, participation, document_sha256 });
    Ok(pb::AcceptOfferResponse { application: Some((&accepted).into()), ..Default::default() })
}
