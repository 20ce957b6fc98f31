//! `RoundService.GetRound` gives one round.

use db::Tx;
use proto::enrolment::v1 as pb;
use service::Error;

use super::{RoundId, store};

pub(super) async fn get_round(tx: &mut Tx<'_>, id: RoundId) -> Result<pb::GetRoundResponse, Error> {
    let round = store::round_by_id(tx, &id).await?;
    Ok(pb::GetRoundResponse { round: Some((&round).into()) })
}
