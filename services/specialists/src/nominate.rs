//! A school nominates a teacher.

use proto::specialists::v1 as pb;
use server::Once;

use crate::{
    act::Desk,
    domain::{
        Broken, CohortId, HAS_LIVE_NOMINATION, HubId, Nomination, NominationId, NominationState, PersonId, Scope, Urn,
        check_eligible,
    },
    error::Error,
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

pub(crate) async fn nominate(
    desk: &Desk,
    request: Once,
    scope: Scope,
    asked: Nominate,
) -> Result<pb::CreateNominationResponse, Error> {
    if !scope.contains(&asked.hub, asked.urn) {
        return Err(Error::OutOfScope { hub: asked.hub, urn: asked.urn });
    }
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let Nominate { cohort, urn, hub, display_name, email_address, early_career_teacher } = asked;
            let now = act.now();
            let found = store::cohort::find_cohort_held(act.tx, &cohort, Hold::Shared).await?;
            let cohort = found.ok_or_else(|| Error::NotFound(cohort.to_string()))?;
            cohort.check_window(now)?;
            let school = mirror::find_school(act.tx, urn).await?.ok_or_else(|| Error::NotFound(urn.to_string()))?;
            let known = mirror::find_hub(act.tx, &hub).await?.ok_or_else(|| Error::NotFound(hub.to_string()))?;
            if let Some(end) = known.end.filter(|end| *end < act.today()) {
                return Err(Broken::HubNotOpen { hub, end }.into());
            }
            let new_id = PersonId::trusted(act.next_id());
            let person = store::person::person_put(act.tx, &new_id, &display_name, &email_address).await?;
            let year = act.year();
            if let Some(lapsed) = store::nomination::nomination_lapse(act.tx, &person, year).await? {
                act.nomination_lapsed(&lapsed);
            }
            store::nomination::nomination_release(act.tx, &person, year).await?;
            let has_live = store::nomination::has_live(act.tx, &person).await?;
            check_eligible(&school, &cohort, early_career_teacher, has_live)?;
            let nomination = Nomination {
                id: NominationId::trusted(act.next_id()),
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
            if !store::nomination::nomination_insert(act.tx, &nomination).await? {
                return Err(Broken::NotEligible { urn, why: vec![HAS_LIVE_NOMINATION] }.into());
            }
            act.specialist_nominated(&nomination);
            Ok(pb::CreateNominationResponse { nomination: Some((&nomination).into()) })
        })
    })
    .await
}
