//! A round is announced.

use proto::enrolment::v1 as pb;
use server::Once;

use crate::{act::Desk, domain::Round, error::Error, store};

pub(crate) async fn create_round(desk: &Desk, request: Once, round: Round) -> Result<pb::CreateRoundResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            if !store::round::round_insert(act.tx, &round).await? {
                return Err(Error::AlreadyExists(round.id.to_string()));
            }
            act.round_created(&round);
            Ok(pb::CreateRoundResponse { round: Some((&round).into()) })
        })
    })
    .await
}
