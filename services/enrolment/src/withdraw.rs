//! A school takes its application back before the year starts. A place or an offer that it had goes to the next on the waiting list. Before the
//! start this is a rejection, not a withdrawal from the programme: the participation never began, and the school may apply again.

use proto::enrolment::v1 as pb;
use server::Once;

use crate::{
    act::Desk,
    domain::{ApplicationState, Places, Scope},
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
            let written = store::application::application_update(act.tx, &withdrawn).await?;
            assert!(written, "nobody else writes an application that is held");
            store::claim::claim_release(act.tx, &[&withdrawn.id]).await?;
            // Nobody was told of a draft.
            if before.state != ApplicationState::Draft {
                act.application_withdrawn(&withdrawn);
            }
            let freed = matches!(before.state, ApplicationState::Offered | ApplicationState::Accepted);
            if let (Some(places), true) = (places, freed) {
                let places = if before.state == ApplicationState::Accepted {
                    store::places::place_free(act.tx, &places).await?;
                    Places { accepted_count: places.accepted_count - 1, ..places }
                } else {
                    places
                };
                promote(&mut act, &round, &places, 1).await?;
            }
            if let Some(id) = before.participation {
                let everything = act.scope(&Scope::All);
                let stands = store::participation::find_participation_held(act.tx, &everything, &id).await?;
                let cancelled = stands.expect("an accepted application has its participation").cancel()?;
                store::participation::participation_update(act.tx, &cancelled).await?;
                act.participation_cancelled(&cancelled);
            }
            Ok(pb::WithdrawApplicationResponse { application: Some((&withdrawn).into()) })
        })
    })
    .await
}
