//! `RoundService.CancelRound` cancels a round to which no application was submitted.

use proto::enrolment::v1 as pb;
use service::{Command, Error, Resource};

use super::{RoundId, RoundViolation, store};

pub(super) async fn cancel_round(
    cmd: &mut Command<'_, '_>,
    id: RoundId,
    etag: String,
    reason: String,
) -> Result<pb::CancelRoundResponse, Error> {
    let before = store::round_by_id_for_update(cmd.tx, &id).await?;
    before.check_etag(&etag)?;
    let after = before.cancel(reason)?;
    // A submission takes its number under the lock of the round's row, so no other can come between.
    if !store::round_cancel(cmd.tx, &after).await? {
        return Err(RoundViolation::HasApplications.into());
    }
    cmd.append(&after, &pb::RoundCancelled { round: Some((&after).into()) });
    Ok(pb::CancelRoundResponse { round: Some((&after).into()) })
}
