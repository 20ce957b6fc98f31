//! A school takes the place that it was offered.

use proto::enrolment::v1 as pb;
use service::Command;

use crate::{
    application_ref::ApplicationRef,
    domain::{Participation, ParticipationId, ParticipationState, Places},
    error::Error,
    events, store,
};

pub(crate) async fn accept_offer(
    cmd: &mut Command<'_, '_>,
    application: ApplicationRef,
) -> Result<pb::AcceptOfferResponse, Error> {
    let now = cmd.now();
    let (offered, round, ground) = application.read_with_ground(cmd).await?;
    let accepted = offered.accept(ParticipationId::trusted(cmd.next_id()), now)?;
    round.check_giving(now)?;
    ground.check(&offered, &round, cmd.today())?;
    // Among all who accept at once, this one statement decides.
    if !store::places::place_take(cmd.tx, &offered.round, &offered.hub, &offered.programme).await? {
        let (round, hub, programme) = (offered.round, offered.hub, offered.programme);
        let places = Places { round, hub, programme, places_count: 0, accepted_count: 0, version: 0 };
        return Err(Error::NoPlaceLeft(places.name()));
    }
    if !store::application::application_update(cmd.tx, &accepted).await? {
        // Somebody else answered or withdrew it since it was read: say what it is now. The place goes back with the transaction.
        application.read(cmd).await?.0.check_offer(now)?;
        return Err(Error::Stale(offered.name()));
    }
    if !store::claim::claim_keep(cmd.tx, &accepted).await? {
        return Err(Error::SchoolHasApplied(accepted.urn));
    }
    let programme = round.find_programme(&accepted.programme).expect("a programme in use cannot leave its round");
    let participation = Participation {
        id: accepted.participation.clone().expect("it was accepted with one"),
        round: accepted.round.clone(),
        application: accepted.id.clone(),
        urn: accepted.urn,
        hub: accepted.hub.clone(),
        programme: accepted.programme.clone(),
        first_academic_year: round.academic_year,
        years_count: programme.years_count,
        state: ParticipationState::Enrolled,
        year_number: 0,
        years_completed_count: 0,
        last_date: None,
        accept_date: cmd.today(),
        agreement_sign_date: None,
        attended: None,
        withdraw_reason: None,
        version: 1,
    };
    store::participation::participation_insert(cmd.tx, &participation).await?;
    events::place_accepted(cmd, &accepted, &participation);
    Ok(pb::AcceptOfferResponse { application: Some((&accepted).into()) })
}
