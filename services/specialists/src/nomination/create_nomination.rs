//! A school nominates a teacher.

use proto::specialists::v1 as pb;
use service::Command;

use crate::{
    domain::{
        Broken, CohortId, HAS_LIVE_NOMINATION, HubId, Nomination, NominationId, NominationState, PersonId, Scope, Urn,
        check_eligible,
    },
    error::Error,
    events,
    store::{self, Hold},
};

/// Who nominates whom, for what. It has no `Debug`, so that the name cannot come into a log by chance.
pub(crate) struct Nominate {
    pub(crate) cohort: CohortId,
    pub(crate) urn: Urn,
    pub(crate) hub: HubId,
    pub(crate) display_name: String,
    /// In lower case, without spaces around it.
    pub(crate) email_address: String,
    pub(crate) early_career_teacher: bool,
}

impl Nominate {
    /// Refuses a nomination that would not be the caller's own.
    pub(crate) fn check_scope(&self, scope: &Scope) -> Result<(), Error> {
        if scope.contains(&self.hub, self.urn) {
            return Ok(());
        }
        Err(Error::OutOfScope { hub: self.hub.clone(), urn: self.urn })
    }
}

pub(crate) async fn create_nomination(cmd: &mut Command<'_, '_>, asked: Nominate) -> Result<pb::CreateNominationResponse, Error> {
    let Nominate { cohort, urn, hub, display_name, email_address, early_career_teacher } = asked;
    let now = cmd.now();
    let found = store::cohort::find_cohort_held(cmd.tx, &cohort, Hold::Shared).await?;
    let cohort = found.ok_or_else(|| Error::NotFound(cohort.to_string()))?;
    cohort.check_window(now)?;
    let school = mirror::find_school(cmd.tx, urn).await?.ok_or_else(|| Error::NotFound(urn.to_string()))?;
    let known = mirror::find_hub(cmd.tx, &hub).await?.ok_or_else(|| Error::NotFound(hub.to_string()))?;
    if let Some(end) = known.end.filter(|end| *end < cmd.today()) {
        return Err(Broken::HubNotOpen { hub, end }.into());
    }
    let new_id = PersonId::trusted(cmd.next_id());
    let person = store::person::person_put(cmd.tx, &new_id, &display_name, &email_address).await?;
    let year = cmd.year();
    if let Some(lapsed) = store::nomination::nomination_lapse(cmd.tx, &person, year).await? {
        events::nomination_lapsed(cmd, &lapsed);
    }
    store::nomination::nomination_release(cmd.tx, &person, year).await?;
    let has_live = store::nomination::has_live(cmd.tx, &person).await?;
    check_eligible(&school, &cohort, early_career_teacher, has_live)?;
    let nomination = Nomination {
        id: NominationId::trusted(cmd.next_id()),
        cohort: cohort.id,
        urn,
        hub,
        person,
        state: NominationState::Submitted,
        submit_time: now,
        select_time: None,
        overridden: None,
        overrides_count: 0,
        withdraw_reason: None,
        standing: None,
        version: 1,
    };
    if !store::nomination::nomination_insert(cmd.tx, &nomination).await? {
        return Err(Broken::NotEligible { urn, why: vec![HAS_LIVE_NOMINATION] }.into());
    }
    events::specialist_nominated(cmd, &nomination);
    Ok(pb::CreateNominationResponse { nomination: Some((&nomination).into()) })
}
