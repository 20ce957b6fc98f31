//! `ParticipationService.ListLeadParticipants` gives a page of the lead participants of a school, the earlier ones too.

use db::Tx;
use name::PersonId;
use proto::enrolment::v1 as pb;
use scope::ScopeKey;
use server::Page;
use service::Error;
use time::Date;

use super::{LeadParticipant, store};
use crate::participation::ParticipationRef;

pub(crate) async fn list_lead_participants(
    tx: &mut Tx<'_>,
    participation: ParticipationRef,
    page: Page<(Date, PersonId)>,
    today: Date,
) -> Result<pb::ListLeadParticipantsResponse, Error> {
    let scope = ScopeKey::new(&participation.scope, today);
    let rows = store::lead_participant_page(tx, &scope, &participation.id, page.after(), page.limit()).await?;
    let rows = rows.ok_or_else(|| participation.not_found())?;
    let key = |lead: &LeadParticipant| (lead.start, lead.person.clone());
    let (lead_participants, next_page_token) = page.cut(rows, key, |lead| (&lead).into());
    Ok(pb::ListLeadParticipantsResponse { lead_participants, next_page_token })
}
