//! One nomination is selected or passed over against the order, with a reason and under a name.

use proto::specialists::v1 as pb;
use server::Once;

use crate::{
    act::{Act, Desk},
    domain::{Broken, HAS_LIVE_NOMINATION, Outcome, Override},
    error::Error,
    select::check_ready,
    store,
    target::Target,
    wire,
};

/// What is decided of a nomination.
#[derive(Debug, Clone)]
pub(crate) struct Decide {
    pub(crate) target: Target,
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
    pub(crate) etag: String,
    pub(crate) validate_only: bool,
}

pub(crate) async fn decide(desk: &Desk, request: Once, asked: Decide) -> Result<pb::OverrideNominationResponse, Error> {
    desk.once_or_foretell(request, asked.validate_only, move |mut act| Box::pin(async move { make(&mut act, asked).await })).await
}

async fn make(act: &mut Act<'_, '_>, asked: Decide) -> Result<pb::OverrideNominationResponse, Error> {
    let Decide { target, outcome, reason, etag, .. } = asked;
    let (cohort, before) = target.hold(act).await?;
    if etag != wire::nomination_etag(&before) {
        return Err(Error::Stale(before.name()));
    }
    check_ready(act, &cohort).await?;
    let now = act.now();
    let overridden = before.decide(Override { outcome, reason, actor: act.cause.actor.clone(), time: now })?;
    // Whoever counts specialists by their selection hears of this one too, in an event of its own.
    let decided = if outcome == Outcome::Selected { overridden.told_again() } else { overridden.clone() };
    let year = act.year();
    match store::nomination::nomination_update(act.tx, &before, &decided, year).await {
        Ok(true) => {}
        Ok(false) => return Err(Error::Stale(before.name())),
        // Passed over before, and nominated elsewhere since.
        Err(error) if error.is_unique_violation() => {
            return Err(Broken::NotEligible { urn: before.urn, why: vec![HAS_LIVE_NOMINATION] }.into());
        }
        Err(error) => return Err(error.into()),
    }
    store::nomination::override_insert(act.tx, &decided).await?;
    act.nomination_overridden(&overridden);
    if outcome == Outcome::Selected {
        store::cohort::cohort_selected(act.tx, &cohort.id, now).await?;
        act.specialist_selected(&decided);
    }
    Ok(pb::OverrideNominationResponse { nomination: Some((&decided).into()) })
}
