//! A school takes its application back before the year starts. A place or an offer that it had goes to the next on the waiting list. Before the
//! start this is a rejection, not a withdrawal from the programme: the participation never began, and the school may apply again.

use proto::enrolment::v1 as pb;
use server::Once;

use crate::{
    act::{Act, Desk},
    domain::{Application, ApplicationState, Participation, Places, Round, Scope},
    error::Error,
    promote::promote,
    store,
    target::Target,
};

pub(crate) async fn withdraw(
    desk: &Desk,
    request: Once,
    target: Target,
    reason: String,
) -> Result<pb::WithdrawApplicationResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let (before, round, places) = target.hold_with_places(&mut act).await?;
            let withdrawn = before.withdraw(&round, reason, act.now())?;
            let cancelled = match &before.participation {
                Some(id) => {
                    let everything = act.scope(&Scope::All);
                    let stands = store::participation::find_participation_held(act.tx, &everything, id).await?;
                    Some(stands.expect("an accepted application has its participation").cancel()?)
                }
                None => None,
            };
            end_application(&mut act, &round, places, &before, &withdrawn, cancelled.as_ref()).await?;
            Ok(pb::WithdrawApplicationResponse { application: Some((&withdrawn).into()) })
        })
    })
    .await
}

/// Writes the end of an application, and of the participation that its place became. Its claims end, and its place or offer goes to the next on the
/// waiting list. Places, application and participation are locked, in this order.
pub(crate) async fn end_application(
    act: &mut Act<'_, '_>,
    round: &Round,
    places: Option<Places>,
    before: &Application,
    withdrawn: &Application,
    cancelled: Option<&Participation>,
) -> Result<(), Error> {
    let written = store::application::application_update(act.tx, withdrawn).await?;
    assert!(written, "nobody else writes an application that is held");
    store::claim::claim_release(act.tx, &[&withdrawn.id]).await?;
    // A draft made no event, so its end makes none.
    if before.state != ApplicationState::Draft {
        act.application_withdrawn(withdrawn);
    }
    let freed = matches!(before.state, ApplicationState::Offered | ApplicationState::Accepted);
    if let (Some(places), true) = (places, freed) {
        let places = if before.state == ApplicationState::Accepted {
            store::places::place_free(act.tx, &places).await?;
            Places { accepted_count: places.accepted_count - 1, ..places }
        } else {
            places
        };
        promote(act, round, &places, 1).await?;
    }
    if let Some(cancelled) = cancelled {
        store::participation::participation_update(act.tx, cancelled).await?;
        act.participation_cancelled(cancelled);
    }
    Ok(())
}
