//! `NominationService.CreateNomination` nominates a teacher of a school for a cohort.

use proto::specialists::v1 as pb;
use server::ApiError;
use service::{Command, Error};

use super::{
    Ineligibility, Nomination, NominationDraft, NominationId, NominationViolation, Nominee, check_eligible, live_store, store,
};
use crate::cohort;

pub(super) async fn create_nomination(
    cmd: &mut Command<'_, '_>,
    draft: NominationDraft,
) -> Result<pb::CreateNominationResponse, Error> {
    let (now, today, year) = (cmd.now(), cmd.today(), cmd.year());
    let cohort = cohort::store::cohort_by_id_for_share(cmd.tx, &draft.cohort).await?;
    cohort.check_window(now)?;
    let school = mirror::find_school(cmd.tx, draft.urn).await?.ok_or_else(|| ApiError::not_found(&draft.urn.to_string()))?;
    let hub = mirror::find_hub(cmd.tx, &draft.hub).await?.ok_or_else(|| ApiError::not_found(&draft.hub.to_string()))?;
    draft.check_hub(&hub, today)?;
    let person = mirror::person_by_id_for_update::<Error>(cmd.tx, &draft.person, today, now).await?;
    let not_employed = match person.school {
        Some(urn) if mirror::lineage(cmd.tx, draft.urn, today).await?.contains(&urn) => None,
        Some(_) => Some(Ineligibility::TeachesElsewhere),
        None => Some(Ineligibility::TeachesAtNoSchool),
    };
    let person = person.id;
    for lapsed in live_store::nomination_lapse(cmd.tx, &person, year).await? {
        cmd.append(&lapsed, &pb::NominationLapsed { nomination: Some((&lapsed).into()) });
    }
    live_store::nomination_release(cmd.tx, &person, year).await?;
    let has_live_nomination = live_store::has_live_nomination(cmd.tx, &person).await?;
    let nominee = Nominee { not_employed, early_career_teacher: draft.early_career_teacher, has_live_nomination };
    check_eligible(&school, &cohort, nominee)?;
    let nomination = Nomination::submit(NominationId::trusted(cmd.next_id()), &draft, person, now);
    if !store::nomination_insert(cmd.tx, &nomination).await? {
        return Err(NominationViolation::has_live_nomination(draft.urn).into());
    }
    cmd.append(&nomination, &pb::SpecialistNominated { nomination: Some((&nomination).into()) });
    Ok(pb::CreateNominationResponse { nomination: Some((&nomination).into()) })
}
