//! `CatalogueService.AddProgrammeTerms` adds terms to a programme.

use name::ProgrammeId;
use proto::network::v1 as pb;
use service::{Command, Error};

use super::{TermsDraft, rules::ProgrammeViolation, store};
use crate::council;

pub(super) async fn add_programme_terms(
    cmd: &mut Command<'_, '_>,
    id: ProgrammeId,
    draft: TermsDraft,
) -> Result<pb::AddProgrammeTermsResponse, Error> {
    // First, because it locks the programme.
    let last_version = store::terms_count_take(cmd.tx, &id).await?;
    let programme = store::programme_by_id(cmd.tx, &id).await?;
    council::store::decision_check(cmd.tx, draft.decisions()).await?;
    let terms = programme.add(draft, last_version, cmd.today())?;
    if terms.start <= cmd.today() {
        let (first, last) = programme.years_of(&terms);
        if let Some((resource, year)) = store::find_reference(cmd.tx, &id, first, last).await? {
            return Err(ProgrammeViolation::TermsInUse { programme: id, resource, year }.into());
        }
    }
    store::terms_insert(cmd.tx, &terms).await?;
    cmd.append(&terms, &pb::ProgrammeTermsAdded { terms: Some((&terms).into()) });
    Ok(pb::AddProgrammeTermsResponse { terms: Some((&terms).into()) })
}
