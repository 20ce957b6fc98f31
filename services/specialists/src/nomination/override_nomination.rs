//! One nomination is selected or passed over against the order, with a reason and under a name.

use proto::specialists::v1 as pb;
use service::Command;

use crate::{
    domain::{Broken, HAS_LIVE_NOMINATION, Outcome, Override},
    error::Error,
    events,
    nomination_ref::NominationRef,
    select_nominations::check_ready,
    store, wire,
};

/// What is decided of a nomination.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) nomination: NominationRef,
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
    pub(crate) etag: String,
}

pub(crate) async fn override_nomination(
    cmd: &mut Command<'_, '_>,
    asked: Decision,
) -> Result<pb::OverrideNominationResponse, Error> {
    let Decision { nomination, outcome, reason, etag } = asked;
    let (cohort, before) = nomination.hold(cmd).await?;
    if etag != wire::nomination_etag(&before) {
        return Err(Error::Stale(before.name()));
    }
    check_ready(cmd, &cohort).await?;
    let now = cmd.now();
    let overridden = before.decide(Override { outcome, reason, actor: cmd.cause.actor.clone(), time: now })?;
    // Whoever counts specialists by their selection hears of this one too, in an event of its own.
    let decided = if outcome == Outcome::Selected { overridden.told_again() } else { overridden.clone() };
    let year = cmd.year();
    match store::nomination::nomination_update(cmd.tx, &before, &decided, year).await {
        Ok(true) => {}
        Ok(false) => return Err(Error::Stale(before.name())),
        // Passed over before, and nominated elsewhere since.
        Err(error) if error.is_unique_violation() => {
            return Err(Broken::NotEligible { urn: before.urn, why: vec![HAS_LIVE_NOMINATION] }.into());
        }
        Err(error) => return Err(error.into()),
    }
    store::nomination::override_insert(cmd.tx, &decided).await?;
    events::nomination_overridden(cmd, &overridden);
    if outcome == Outcome::Selected {
        store::cohort::cohort_selected(cmd.tx, &cohort.id, now).await?;
        events::specialist_selected(cmd, &decided);
    }
    Ok(pb::OverrideNominationResponse { nomination: Some((&decided).into()) })
}
