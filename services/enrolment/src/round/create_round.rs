//! `RoundService.CreateRound` announces a round.

use proto::enrolment::v1 as pb;
use service::{Command, Error};

use super::{Round, RoundViolation, store};

pub(super) async fn create_round(cmd: &mut Command<'_, '_>, round: Round) -> Result<pb::CreateRoundResponse, Error> {
    if !store::round_insert(cmd.tx, &round).await? {
        return Err(RoundViolation::Exists(round.id).into());
    }
    cmd.append(&round, &pb::RoundCreated { round: Some((&round).into()) });
    Ok(pb::CreateRoundResponse { round: Some((&round).into()) })
}
