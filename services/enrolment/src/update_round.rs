//! A round is changed: its name, window, offers, programmes, and policies that have not begun.

use proto::enrolment::v1 as pb;
use server::Once;

use crate::{act::Desk, domain::Round, error::Error, store, wire};

/// `round.version` is not read; `etag` says what was.
pub(crate) async fn update_round(
    desk: &Desk,
    request: Once,
    round: Round,
    etag: String,
) -> Result<pb::UpdateRoundResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let name = || round.id.to_string();
            let stands = store::round::find_round_held(act.tx, &round.id).await?.ok_or_else(|| Error::NotFound(name()))?;
            if etag != wire::etag(stands.version) {
                return Err(Error::Stale(name()));
            }
            if round.academic_year != stands.academic_year {
                return Err(Error::Field("round.academic_year", format!("cannot change; it is {}", stands.academic_year)));
            }
            stands.check_policies(&round, act.today())?;
            let next = Round { version: stands.version + 1, ..round };
            if !store::round::round_update(act.tx, &next).await? {
                return Err(Error::ProgrammeInUse);
            }
            act.round_updated(&next);
            Ok(pb::UpdateRoundResponse { round: Some((&next).into()) })
        })
    })
    .await
}
