//! The end of an application, for the calls that withdraw it or give its place back.

use proto::enrolment::v1 as pb;
use service::{Command, Error};

use super::{
    claim,
    promote::promote,
    rules::{Application, ApplicationState},
    store,
};
use crate::{
    membership::leave_groups,
    participation::{self, Participation},
    places::{self, Places},
    round::Round,
};

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
    store::application_update_locked(cmd.tx, withdrawn).await?;
    claim::claim_release(cmd.tx, &[&withdrawn.id]).await?;
    // A draft made no event, so its end makes none.
    if before.state != ApplicationState::Draft {
        cmd.append(withdrawn, &pb::ApplicationWithdrawn { application: Some(withdrawn.into()) });
    }
    if let Some(mut places) = places.filter(|_| before.frees_a_place()) {
        if before.state == ApplicationState::Accepted {
            places = places::store::place_free(cmd.tx, &places, before.coldness.as_ref()).await?;
        }
        promote(cmd, round, &places, 1).await?;
    }
    if let Some(cancelled) = cancelled {
        cancel(cmd, cancelled).await?;
    }
    Ok(())
}

/// Writes the end of an imported participation whose school never took up a year. Its claims end, so that the school may apply. The participation is locked.
pub(crate) async fn end_imported(cmd: &mut Command<'_, '_>, cancelled: &Participation) -> Result<(), Error> {
    claim::claim_release_imported(cmd.tx, &cancelled.id).await?;
    cancel(cmd, cancelled).await
}

async fn cancel(cmd: &mut Command<'_, '_>, cancelled: &Participation) -> Result<(), Error> {
    participation::store::participation_update(cmd.tx, cancelled).await?;
    let last_date = cancelled.last_date.unwrap_or(cmd.today());
    leave_groups(cmd, &cancelled.id, last_date).await?;
    let event = pb::ParticipationCancelled {
        participation: Some(cancelled.into()),
        withdraw_date: cancelled.last_date.map(|date| date.to_string()).unwrap_or_default(),
    };
    cmd.append(cancelled, &event);
    Ok(())
}
