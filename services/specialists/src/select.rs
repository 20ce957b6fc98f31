//! The first so many by rank are selected, of a hub or of the nation.

use proto::specialists::v1 as pb;
use server::Once;

use crate::{
    act::{Act, Desk},
    domain::{Broken, Cohort, CohortId, HubId, Scope},
    error::Error,
    store::{self, Hold},
};

/// Who is selected.
#[derive(Debug, Clone)]
pub(crate) struct Select {
    pub(crate) cohort: CohortId,
    /// None: of the nation.
    pub(crate) hub: Option<HubId>,
    pub(crate) selections_count: i64,
    pub(crate) validate_only: bool,
}

pub(crate) async fn select(
    desk: &Desk,
    request: Once,
    scope: Scope,
    asked: Select,
) -> Result<pb::SelectNominationsResponse, Error> {
    if !may_select(&scope, asked.hub.as_ref()) {
        return Err(Error::HubNotOwn);
    }
    desk.once_or_foretell(request, asked.validate_only, move |mut act| Box::pin(async move { make(&mut act, &asked).await }))
        .await
}

async fn make(act: &mut Act<'_, '_>, asked: &Select) -> Result<pb::SelectNominationsResponse, Error> {
    let found = store::cohort::find_cohort_held(act.tx, &asked.cohort, Hold::Alone).await?;
    let cohort = found.ok_or_else(|| Error::NotFound(asked.cohort.to_string()))?;
    check_ready(act, &cohort).await?;
    if let Some(hub) = &asked.hub
        && !mirror::hub_exists(act.tx, hub).await?
    {
        return Err(Error::NotFound(hub.to_string()));
    }
    let now = act.now();
    let mut first = store::nomination::nomination_first(act.tx, &cohort.id, asked.hub.as_ref(), asked.selections_count).await?;
    store::nomination::nomination_select(act.tx, &mut first, now).await?;
    let selected: Vec<_> = first.iter().map(|nomination| nomination.select(now)).collect();
    if !selected.is_empty() {
        store::cohort::cohort_selected(act.tx, &cohort.id, now).await?;
    }
    for nomination in &selected {
        act.specialist_selected(nomination);
    }
    Ok(pb::SelectNominationsResponse { selected_nominations: selected.iter().map(Into::into).collect() })
}

/// Whether outcomes can be decided: the window is over, and every submitted nomination of the cohort, which is held, is ranked.
pub(crate) async fn check_ready(act: &mut Act<'_, '_>, cohort: &Cohort) -> Result<(), Error> {
    cohort.check_closed(act.now())?;
    match store::nomination::unranked_count(act.tx, &cohort.id).await? {
        0 => Ok(()),
        count => Err(Broken::NotRanked(count).into()),
    }
}

/// Whether a caller may select for a hub; for the nation when `None`.
fn may_select(scope: &Scope, hub: Option<&HubId>) -> bool {
    match scope {
        Scope::All => true,
        Scope::Hub(own) => hub == Some(own),
        Scope::School(_) => false,
    }
}
