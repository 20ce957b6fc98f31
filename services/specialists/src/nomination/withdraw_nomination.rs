//! `NominationService.WithdrawNomination` withdraws a nomination; the person can be nominated again.

use proto::specialists::v1 as pb;
use server::ApiError;
use service::{Command, Error, Resource};

use super::{NominationRef, store};

pub(super) async fn withdraw_nomination(
    cmd: &mut Command<'_, '_>,
    nomination: NominationRef,
    reason: String,
) -> Result<pb::WithdrawNominationResponse, Error> {
    let (_, before) = nomination.for_update(cmd).await?;
    let withdrawn = before.withdraw(reason)?;
    let year = cmd.year();
    if !store::nomination_update(cmd.tx, &before, &withdrawn, year).await? {
        return Err(ApiError::stale(&before.name()).into());
    }
    cmd.append(&withdrawn, &pb::NominationWithdrawn { nomination: Some((&withdrawn).into()) });
    Ok(pb::WithdrawNominationResponse { nomination: Some((&withdrawn).into()) })
}
