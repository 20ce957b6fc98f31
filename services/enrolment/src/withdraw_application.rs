//! A school takes its application back before the year starts. A place or an offer that it had goes to the next on the waiting list. Before the
//! start this is a rejection, not a withdrawal from the programme: the participation never began, and the school may apply again.

use proto::enrolment::v1 as pb;
use service::Command;

use crate::{
    application_ref::ApplicationRef,
    domain::{Application, ApplicationState, Participation, Places, Round, Scope},
    error::Error,
    events,
    promote::promote,
    store::{self, ScopeKey},
};

pub(crate) async fn withdraw_application(
    cmd: &mut Command<'_, '_>,
    application: ApplicationRef,
    reason: String,
) -> Result<pb::WithdrawApplicationResponse, Error> {
    let (before, round, places) = application.hold_with_places(cmd).await?;
    let withdrawn = before.withdraw(&round, reason, cmd.now())?;
    let cancelled = match &before.participation {
        Some(id) => {
            let everything = ScopeKey::new(&Scope::All, cmd.today());
            let stands = store::participation::find_participation_held(cmd.tx, &everything, id).await?;
            Some(stands.expect("an accepted application has its participation").cancel()?)
        }
        None => None,
    };
    end_application(cmd, &round, places, &before, &withdrawn, cancelled.as_ref()).await?;
    Ok(pb::WithdrawApplicationResponse { application: Some((&withdrawn).into()) })
}

/// Writes the end of an application, and of the participation that its place became. Its claims end, and its place or offer goes to the next on the
/// waiting list. Places, application and participation are locked, in this order.
pub(crate) async fn end_application(
    cmd: &mut Command<'_, '_>,
    round: &Round,
    places: Option<Places>,
    before: &Application,
    withdrawn: &Application,
    cancelled: Option<&Participation>,
) -> Result<(), Error> {
    let written = store::application::application_update(cmd.tx, withdrawn).await?;
    assert!(written, "nobody else writes an application that is held");
    store::claim::claim_release(cmd.tx, &[&withdrawn.id]).await?;
    // A draft made no event, so its end makes none.
    if before.state != ApplicationState::Draft {
        events::application_withdrawn(cmd, withdrawn);
    }
    let freed = matches!(before.state, ApplicationState::Offered | ApplicationState::Accepted);
    if let (Some(places), true) = (places, freed) {
        let places = if before.state == ApplicationState::Accepted {
            store::places::place_free(cmd.tx, &places).await?;
            Places { accepted_count: places.accepted_count - 1, ..places }
        } else {
            places
        };
        promote(cmd, round, &places, 1).await?;
    }
    if let Some(cancelled) = cancelled {
        store::participation::participation_update(cmd.tx, cancelled).await?;
        events::participation_cancelled(cmd, cancelled);
    }
    Ok(())
}
