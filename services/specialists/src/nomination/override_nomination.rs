//! `NominationService.OverrideNomination` selects or passes over one nomination against the order.

use proto::specialists::v1 as pb;
use server::ApiError;
use service::{Command, Error, Resource};

use super::{Decision, NominationRef, NominationState, NominationViolation, Outcome, live_store, readiness::check_ready, store};
use crate::cohort;

/// `etag` is that of the nomination as the caller read it.
pub(super) async fn override_nomination(
    cmd: &mut Command<'_, '_>,
    nomination: NominationRef,
    decision: Decision,
    etag: String,
) -> Result<pb::OverrideNominationResponse, Error> {
    let (cohort, before) = nomination.for_update(cmd).await?;
    before.check_etag(&etag)?;
    check_ready(cmd, &cohort).await?;
    let (now, year, outcome) = (cmd.now(), cmd.year(), decision.outcome);
    let overridden = before.decide(decision, cmd.cause.actor.id.clone(), now)?;
    // Consumers count specialists by SpecialistSelected, so a selection against the order has that event too, with a version for each event.
    let decided = if outcome == Outcome::Selected { overridden.next_version() } else { overridden.clone() };
    match store::nomination_update(cmd.tx, &before, &decided, year).await {
        Ok(true) => {}
        Ok(false) => return Err(ApiError::stale(&before.name()).into()),
        // The person was passed over here and then nominated for another cohort.
        Err(error) if error.is_unique_violation() => {
            return Err(NominationViolation::has_live_nomination(before.urn).into());
        }
        Err(error) => return Err(error.into()),
    }
    // The same, where network merged two records of the person since.
    if before.state == NominationState::NotSelected && live_store::has_other_live_nomination(cmd.tx, &decided).await? {
        return Err(NominationViolation::has_live_nomination(before.urn).into());
    }
    store::override_insert(cmd.tx, &decided).await?;
    cmd.append(&overridden, &pb::NominationOverridden { nomination: Some((&overridden).into()) });
    if outcome == Outcome::Selected {
        cohort::store::cohort_selected(cmd.tx, &cohort.id, now).await?;
        cmd.append(&decided, &pb::SpecialistSelected { nomination: Some((&decided).into()) });
    }
    Ok(pb::OverrideNominationResponse { nomination: Some((&decided).into()) })
}
