//! A school takes the place that it was offered.

use proto::enrolment::v1 as pb;
use server::Once;

use crate::{
    act::Desk,
    domain::{Participation, ParticipationId, ParticipationState, Places},
    error::Error,
    store,
    target::Target,
};

pub(crate) async fn accept(desk: &Desk, request: Once, target: Target) -> Result<pb::AcceptOfferResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let now = act.now();
            let (offered, round, ground) = target.read_with_ground(&mut act).await?;
            let accepted = offered.accept(ParticipationId::trusted(act.next_id()), now)?;
            round.check_giving(now)?;
            ground.check(&offered, &round, act.today())?;
            // Among all who accept at once, this one statement decides.
            if !store::places::place_take(act.tx, &offered.round, &offered.hub, &offered.programme).await? {
                let (round, hub, programme) = (offered.round, offered.hub, offered.programme);
                let places = Places { round, hub, programme, places_count: 0, accepted_count: 0, version: 0 };
                return Err(Error::NoPlaceLeft(places.name()));
            }
            if !store::application::application_update(act.tx, &accepted).await? {
                // Somebody else answered or withdrew it since it was read: say what it is now. The place goes back with the transaction.
                target.read(&mut act).await?.0.check_offer(now)?;
                return Err(Error::Stale(offered.name()));
            }
            if !store::claim::claim_keep(act.tx, &accepted).await? {
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
                accept_date: act.today(),
                agreement_sign_date: None,
                attended: None,
                withdraw_reason: None,
                version: 1,
            };
            store::participation::participation_insert(act.tx, &participation).await?;
            act.place_accepted(&accepted, &participation);
            Ok(pb::AcceptOfferResponse { application: Some((&accepted).into()) })
        })
    })
    .await
}
