//! A nomination is taken back; the person can be nominated again.

use proto::specialists::v1 as pb;
use server::Once;

use crate::{act::Desk, error::Error, store, target::Target};

pub(crate) async fn withdraw(
    desk: &Desk,
    request: Once,
    target: Target,
    reason: String,
) -> Result<pb::WithdrawNominationResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let (_, before) = target.hold(&mut act).await?;
            let withdrawn = before.withdraw(reason)?;
            let year = act.year();
            if !store::nomination::nomination_update(act.tx, &before, &withdrawn, year).await? {
                return Err(Error::Stale(before.name()));
            }
            act.nomination_withdrawn(&withdrawn);
            Ok(pb::WithdrawNominationResponse { nomination: Some((&withdrawn).into()) })
        })
    })
    .await
}
