//! A round is changed: its name, window, offers, programmes, and policies that have not begun.

use proto::enrolment::v1 as pb;
use service::Command;

use crate::{domain::Round, error::Error, events, store, wire};

/// `round.version` is not read; `etag` says what was.
pub(crate) async fn update_round(
    cmd: &mut Command<'_, '_>,
    round: Round,
    etag: String,
) -> Result<pb::UpdateRoundResponse, Error> {
    let name = || round.id.to_string();
    let stands = store::round::find_round_held(cmd.tx, &round.id).await?.ok_or_else(|| Error::NotFound(name()))?;
    if etag != wire::etag(stands.version) {
        return Err(Error::Stale(name()));
    }
    if round.academic_year != stands.academic_year {
        return Err(Error::Field("round.academic_year", format!("cannot change; it is {}", stands.academic_year)));
    }
    stands.check_policies(&round, cmd.today())?;
    let next = Round { version: stands.version + 1, ..round };
    if !store::round::round_update(cmd.tx, &next).await? {
        return Err(Error::ProgrammeInUse);
    }
    events::round_updated(cmd, &next);
    Ok(pb::UpdateRoundResponse { round: Some((&next).into()) })
}
