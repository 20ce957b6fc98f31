//! `RoundService.CreateRound` announces a round.

use name::ProgrammeId;
use proto::enrolment::v1 as pb;
use server::ApiError;
use service::{Command, Error};

use super::{Round, RoundViolation, programmes::programmes_of_year, store};

pub(super) async fn create_round(
    cmd: &mut Command<'_, '_>,
    round: Round,
    programmes: Vec<ProgrammeId>,
) -> Result<pb::CreateRoundResponse, Error> {
    if let Some(unknown) = mirror::find_unknown_decision(cmd.tx, round.policies.iter().map(|policy| &policy.decision)).await? {
        return Err(ApiError::decision_unknown(&unknown).into());
    }
    let programmes = programmes_of_year(cmd.tx, &programmes, round.academic_year, &[]).await?;
    let round = Round { programmes, ..round };
    if !store::round_insert(cmd.tx, &round).await? {
        return Err(RoundViolation::Exists(round.id).into());
    }
    cmd.append(&round, &pb::RoundCreated { round: Some((&round).into()) });
    Ok(pb::CreateRoundResponse { round: Some((&round).into()) })
}
