//! `ApplicationService.WithdrawApplication` withdraws an application, one with a place before the academic year starts only. A place or an offer goes to the
//! next on the waiting list. The participation never began, so the school may apply again.

use proto::enrolment::v1 as pb;
use service::{Command, Error};

use super::{ApplicationRef, end_application};
use crate::participation;

pub(super) async fn withdraw_application(
    cmd: &mut Command<'_, '_>,
    application: ApplicationRef,
    reason: String,
) -> Result<pb::WithdrawApplicationResponse, Error> {
    let (before, round, places) = application.lock_with_places(cmd).await?;
    let withdrawn = before.withdraw(reason)?;
    let cancelled = match &before.participation {
        Some(id) => {
            round.check_before_year(cmd.now())?;
            Some(participation::store::participation_by_id_for_update(cmd.tx, id, cmd.today()).await?.cancel()?)
        }
        None => None,
    };
    end_application(cmd, &round, places, &before, &withdrawn, cancelled.as_ref()).await?;
    Ok(pb::WithdrawApplicationResponse { application: Some((&withdrawn).into()) })
}
