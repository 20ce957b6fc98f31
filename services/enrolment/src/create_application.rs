//! A school drafts an application. A draft is nobody else's business yet: it makes no event.

use proto::enrolment::v1 as pb;
use service::Command;

use crate::{
    domain::{
        Application, ApplicationId, ApplicationState, HubId, ProgrammeId, RoundId, Scope, Urn, check_eligible, check_hub_open,
    },
    error::Error,
    store,
};

/// Who applies for what, where.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) round: RoundId,
    pub(crate) urn: Urn,
    pub(crate) hub: HubId,
    pub(crate) programme: ProgrammeId,
}

impl Draft {
    /// Refuses an application that would not be the caller's own.
    pub(crate) fn check_scope(&self, scope: &Scope) -> Result<(), Error> {
        if scope.contains(&self.hub, self.urn) {
            return Ok(());
        }
        Err(Error::OutOfScope { hub: self.hub.clone(), urn: self.urn })
    }
}

pub(crate) async fn create_application(cmd: &mut Command<'_, '_>, draft: Draft) -> Result<pb::CreateApplicationResponse, Error> {
    let Draft { round, urn, hub, programme } = draft;
    let round = store::round::find_round(cmd.tx, &round).await?.ok_or_else(|| Error::NotFound(round.to_string()))?;
    let school = mirror::find_school(cmd.tx, urn).await?.ok_or_else(|| Error::NotFound(urn.to_string()))?;
    let known = mirror::find_hub(cmd.tx, &hub).await?.ok_or_else(|| Error::NotFound(hub.to_string()))?;
    let none_of_it = Error::Field("application.programme", format!("is none of the programmes of `{}`", round.id));
    let Some(offered) = round.find_programme(&programme) else { return Err(none_of_it) };
    check_eligible(&school, offered)?;
    check_hub_open(&known, round.academic_year, cmd.today())?;
    let application = Application {
        id: ApplicationId::trusted(cmd.next_id()),
        round: round.id,
        urn,
        hub,
        programme,
        state: ApplicationState::Draft,
        queue_number: None,
        coldness: None,
        submit_time: None,
        offer_expire_time: None,
        participation: None,
        claims_count: 0,
        withdraw_reason: None,
        version: 1,
    };
    // Somebody may take it out of the round just now.
    if !store::application::application_insert(cmd.tx, &application).await? {
        return Err(none_of_it);
    }
    Ok(pb::CreateApplicationResponse { application: Some((&application).into()) })
}
