//! A nomination is taken back; the person can be nominated again.

use proto::specialists::v1 as pb;
use service::Command;

use crate::{error::Error, events, nomination_ref::NominationRef, store};

pub(crate) async fn withdraw_nomination(
    cmd: &mut Command<'_, '_>,
    nomination: NominationRef,
    reason: String,
) -> Result<pb::WithdrawNominationResponse, Error> {
    let (_, before) = nomination.hold(cmd).await?;
    let withdrawn = before.withdraw(reason)?;
    let year = cmd.year();
    if !store::nomination::nomination_update(cmd.tx, &before, &withdrawn, year).await? {
        return Err(Error::Stale(before.name()));
    }
    events::nomination_withdrawn(cmd, &withdrawn);
    Ok(pb::WithdrawNominationResponse { nomination: Some((&withdrawn).into()) })
}
