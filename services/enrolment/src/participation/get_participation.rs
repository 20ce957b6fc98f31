//! `ParticipationService.GetParticipation` gives one participation.

use db::Tx;
use proto::enrolment::v1 as pb;
use scope::ScopeKey;
use service::Error;
use time::Date;

use super::{ParticipationRef, store};

pub(super) async fn get_participation(
    tx: &mut Tx<'_>,
    participation: ParticipationRef,
    today: Date,
) -> Result<pb::GetParticipationResponse, Error> {
    let scope = ScopeKey::new(&participation.scope, today);
    let found = store::find_participation(tx, &scope, &participation.id).await?.ok_or_else(|| participation.not_found())?;
    Ok(pb::GetParticipationResponse { participation: Some((&found).into()) })
}
