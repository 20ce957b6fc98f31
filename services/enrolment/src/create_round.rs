//! A round is announced.

use proto::enrolment::v1 as pb;
use service::Command;

use crate::{domain::Round, error::Error, events, store};

pub(crate) async fn create_round(cmd: &mut Command<'_, '_>, round: Round) -> Result<pb::CreateRoundResponse, Error> {
    if !store::round::round_insert(cmd.tx, &round).await? {
        return Err(Error::AlreadyExists(round.id.to_string()));
    }
    events::round_created(cmd, &round);
    Ok(pb::CreateRoundResponse { round: Some((&round).into()) })
}
