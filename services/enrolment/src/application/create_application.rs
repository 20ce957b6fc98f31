//! `ApplicationService.CreateApplication` drafts an application. A draft concerns only its school, so it makes no event.

use proto::enrolment::v1 as pb;
use server::ApiError;
use service::{Command, Error};

use super::{
    eligibility::check_eligible,
    rules::{Application, ApplicationId, ApplicationViolation, Draft},
    store,
};
use crate::{
    places::check_hub_open,
    round::{self, RoundViolation},
};

/// The field that names the programme.
const PROGRAMME: &str = "application.programme";

pub(super) async fn create_application(cmd: &mut Command<'_, '_>, draft: Draft) -> Result<pb::CreateApplicationResponse, Error> {
    let round = round::store::round_by_id(cmd.tx, &draft.round).await?;
    let found = store::find_school_and_choice(cmd.tx, draft.urn, cmd.today()).await?;
    let (school, chosen_hub) = found.ok_or_else(|| ApiError::not_found(&draft.urn.to_string()))?;
    let hub = mirror::find_hub(cmd.tx, &draft.hub).await?.ok_or_else(|| ApiError::not_found(&draft.hub.to_string()))?;
    let programme = round.check_programme(&draft.programme, PROGRAMME)?;
    check_eligible(&school, programme)?;
    check_hub_open(&hub, round.academic_year, cmd.today())?;
    let application = Application::draft(ApplicationId::trusted(cmd.next_id()), draft, chosen_hub);
    match store::application_insert(cmd.tx, &application).await? {
        Some(true) => {}
        Some(false) => return Err(ApplicationViolation::TooManyDrafts(application.urn).into()),
        // On PostgreSQL another transaction took the programme out of the round just now.
        None => return Err(RoundViolation::ProgrammeNotInRound { round: round.id, field: PROGRAMME }.into()),
    }
    Ok(pb::CreateApplicationResponse { application: Some((&application).into()) })
}
