//! `ApplicationService.CreateApplication` drafts an application. A draft concerns only its school, so it makes no event.

use proto::enrolment::v1 as pb;
use server::ApiError;
use service::{Command, Error};

use super::{
    eligibility::check_eligible,
    rules::{Application, ApplicationId, ApplicationViolation, Draft},
    store,
};
use crate::{places::check_hub_open, round};

pub(super) async fn create_application(cmd: &mut Command<'_, '_>, draft: Draft) -> Result<pb::CreateApplicationResponse, Error> {
    let round = round::store::round_by_id(cmd.tx, &draft.round).await?;
    let school = mirror::find_school(cmd.tx, draft.urn).await?.ok_or_else(|| ApiError::not_found(&draft.urn.to_string()))?;
    let hub = mirror::find_hub(cmd.tx, &draft.hub).await?.ok_or_else(|| ApiError::not_found(&draft.hub.to_string()))?;
    let not_in_round = ApplicationViolation::ProgrammeNotInRound(round.id.clone());
    let Some(programme) = round.find_programme(&draft.programme) else { return Err(not_in_round.into()) };
    check_eligible(&school, programme)?;
    check_hub_open(&hub, round.academic_year, cmd.today())?;
    let application = Application::draft(ApplicationId::trusted(cmd.next_id()), draft);
    // On PostgreSQL another transaction may take the programme out of the round just now.
    if !store::application_insert(cmd.tx, &application).await? {
        return Err(not_in_round.into());
    }
    Ok(pb::CreateApplicationResponse { application: Some((&application).into()) })
}
