//! `NominationService.SelectNominations` selects the first nominations by rank, of a hub or of the nation.

use proto::specialists::v1 as pb;
use server::ApiError;
use service::{Command, Error};

use super::{NominationViolation, Selection, readiness::check_ready, store};
use crate::cohort;

pub(super) async fn select_nominations(
    cmd: &mut Command<'_, '_>,
    selection: Selection,
) -> Result<pb::SelectNominationsResponse, Error> {
    let cohort = cohort::store::cohort_by_id_for_update(cmd.tx, &selection.cohort).await?;
    check_ready(cmd, &cohort).await?;
    if let Some(hub) = &selection.hub
        && !mirror::hub_exists(cmd.tx, hub).await?
    {
        return Err(ApiError::not_found(&hub.to_string()).into());
    }
    let (now, year) = (cmd.now(), cmd.year());
    let mut first = store::nomination_first(cmd.tx, &selection, year).await?;
    store::nomination_select(cmd.tx, &mut first, now).await?;
    let selected = first.iter().map(|nomination| nomination.select(now)).collect::<Result<Vec<_>, NominationViolation>>()?;
    if !selected.is_empty() {
        cohort::store::cohort_selected(cmd.tx, &cohort.id, now).await?;
    }
    for nomination in &selected {
        cmd.append(nomination, &pb::SpecialistSelected { nomination: Some(nomination.into()) });
    }
    Ok(pb::SelectNominationsResponse { selected_nominations: selected.iter().map(Into::into).collect() })
}
