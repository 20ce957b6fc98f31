//! `ParticipationService.ListParticipations` gives a page of participations with the reasons for which they need attention.

use db::Tx;
use proto::enrolment::v1 as pb;
use scope::ScopeKey;
use server::Page;
use service::Error;

use super::{
    rules::{Participation, ParticipationId},
    store::{self, ParticipationFilter},
};
use crate::attention::{Attention, AttentionDays, wire};

pub(super) async fn list_participations(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    days: AttentionDays,
    filter: ParticipationFilter,
    page: Page<ParticipationId>,
) -> Result<pb::ListParticipationsResponse, Error> {
    let rows = store::participation_page(tx, &scope, &days, &filter, page.after(), page.limit()).await?;
    let (rows, attentions): (Vec<Participation>, Vec<Vec<Attention>>) = rows.into_iter().unzip();
    let key = |participation: &Participation| participation.id.clone();
    let (participations, next_page_token) = page.cut(rows, key, |participation| pb::Participation::from(&participation));
    // The page is the beginning of the rows.
    let named = participations.iter().zip(attentions);
    let attention = named.filter_map(|(row, attentions)| Some((row.name.clone(), wire::list(attentions)?))).collect();
    Ok(pb::ListParticipationsResponse { participations, next_page_token, attention })
}
