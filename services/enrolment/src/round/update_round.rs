//! `RoundService.UpdateRound` changes a round: its name, window, days of offers, programmes, and policies that have not begun.

use name::ProgrammeId;
use proto::enrolment::v1 as pb;
use server::ApiError;
use service::{Command, Error, Resource};

use super::{Round, RoundViolation, programmes::programmes_of_year, store};
use crate::places;

/// `round` is the round as it shall be; its version is not read. `etag` is that of the round as the caller read it.
pub(super) async fn update_round(
    cmd: &mut Command<'_, '_>,
    round: Round,
    programmes: Vec<ProgrammeId>,
    etag: String,
) -> Result<pb::UpdateRoundResponse, Error> {
    let before = store::round_by_id_for_update(cmd.tx, &round.id).await?;
    before.check_etag(&etag)?;
    let after = before.update(round, cmd.today())?;
    let new = after.policies.iter().filter(|policy| !before.policies.contains(policy));
    if let Some(unknown) = mirror::find_unknown_decision(cmd.tx, new.map(|policy| &policy.decision)).await? {
        return Err(ApiError::decision_unknown(&unknown).into());
    }
    let programmes = programmes_of_year(cmd.tx, &programmes, after.academic_year, &before.programmes).await?;
    let after = Round { programmes, ..after };
    if !store::round_update(cmd.tx, &after).await? {
        return Err(RoundViolation::ProgrammeInUse.into());
    }
    if after.policies != before.policies {
        places::store::reserve_review(cmd.tx, &after.id, cmd.today()).await?;
    }
    cmd.append(&after, &pb::RoundUpdated { round: Some((&after).into()) });
    Ok(pb::UpdateRoundResponse { round: Some((&after).into()) })
}
