//! The first so many by rank are selected, of a hub or of the nation.

use proto::specialists::v1 as pb;
use service::Command;

use crate::{
    domain::{Broken, Cohort, CohortId, HubId, Scope},
    error::Error,
    events,
    store::{self, Hold},
};

/// Who is selected.
#[derive(Debug, Clone)]
pub(crate) struct Select {
    pub(crate) cohort: CohortId,
    /// None: of the nation.
    pub(crate) hub: Option<HubId>,
    pub(crate) selections_count: i64,
}

impl Select {
    /// Refuses a selection that is another's.
    pub(crate) fn check_scope(&self, scope: &Scope) -> Result<(), Error> {
        let allowed = match scope {
            Scope::All => true,
            Scope::Hub(own) => self.hub.as_ref() == Some(own),
            Scope::School(_) => false,
        };
        if allowed { Ok(()) } else { Err(Error::HubNotOwn) }
    }
}

pub(crate) async fn select_nominations(cmd: &mut Command<'_, '_>, asked: Select) -> Result<pb::SelectNominationsResponse, Error> {
    let found = store::cohort::find_cohort_held(cmd.tx, &asked.cohort, Hold::Alone).await?;
    let cohort = found.ok_or_else(|| Error::NotFound(asked.cohort.to_string()))?;
    check_ready(cmd, &cohort).await?;
    if let Some(hub) = &asked.hub
        && !mirror::hub_exists(cmd.tx, hub).await?
    {
        return Err(Error::NotFound(hub.to_string()));
    }
    let now = cmd.now();
    let mut first = store::nomination::nomination_first(cmd.tx, &cohort.id, asked.hub.as_ref(), asked.selections_count).await?;
    store::nomination::nomination_select(cmd.tx, &mut first, now).await?;
    let selected: Vec<_> = first.iter().map(|nomination| nomination.select(now)).collect();
    if !selected.is_empty() {
        store::cohort::cohort_selected(cmd.tx, &cohort.id, now).await?;
    }
    for nomination in &selected {
        events::specialist_selected(cmd, nomination);
    }
    Ok(pb::SelectNominationsResponse { selected_nominations: selected.iter().map(Into::into).collect() })
}

/// Whether outcomes can be decided: the window is over, and every submitted nomination of the cohort, which is held, is ranked.
pub(crate) async fn check_ready(cmd: &mut Command<'_, '_>, cohort: &Cohort) -> Result<(), Error> {
    cohort.check_closed(cmd.now())?;
    match store::nomination::unranked_count(cmd.tx, &cohort.id).await? {
        0 => Ok(()),
        count => Err(Broken::NotRanked(count).into()),
    }
}
