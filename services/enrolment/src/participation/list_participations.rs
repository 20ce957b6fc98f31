//! `ParticipationService.ListParticipations` gives a page of participations.

use db::Tx;
use proto::enrolment::v1 as pb;
use scope::ScopeKey;
use server::Page;
use service::Error;

use super::{
    rules::{Participation, ParticipationId},
    store::{self, ParticipationFilter},
};

pub(super) async fn list_participations(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    filter: ParticipationFilter,
    page: Page<ParticipationId>,
) -> Result<pb::ListParticipationsResponse, Error> {
    let rows = store::participation_page(tx, &scope, &filter, page.after(), page.limit()).await?;
    let key = |participation: &Participation| participation.id.clone();
    let (participations, next_page_token) = page.cut(rows, key, |participation| (&participation).into());
    Ok(pb::ListParticipationsResponse { participations, next_page_token })
}
