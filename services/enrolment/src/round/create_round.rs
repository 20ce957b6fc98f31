//! `RoundService.CreateRound` announces a round.

use proto::enrolment::v1 as pb;
use server::ApiError;
use service::{Command, Error};

use super::{Round, RoundViolation, store};

pub(super) async fn create_round(cmd: &mut Command<'_, '_>, round: Round) -> Result<pb::CreateRoundResponse, Error> {
    if let Some(unknown) = mirror::find_unknown_decision(cmd.tx, round.policies.iter().map(|policy| &policy.decision)).await? {
        return Err(ApiError::decision_unknown(&unknown).into());
    }
    if !store::round_insert(cmd.tx, &round).await? {
        return Err(RoundViolation::Exists(round.id).into());
    }
    cmd.append(&round, &pb::RoundCreated { round: Some((&round).into()) });
    Ok(pb::CreateRoundResponse { round: Some((&round).into()) })
}
