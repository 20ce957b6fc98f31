//! `NominationService.GetNomination` gives one nomination.

use db::Tx;
use proto::specialists::v1 as pb;
use service::Error;
use time::Date;

use super::NominationRef;

pub(super) async fn get_nomination(
    tx: &mut Tx<'_>,
    nomination: NominationRef,
    today: Date,
) -> Result<pb::GetNominationResponse, Error> {
    let nomination = nomination.read(tx, today).await?;
    Ok(pb::GetNominationResponse { nomination: Some((&nomination).into()) })
}
