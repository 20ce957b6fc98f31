//! One nomination is selected or passed over against the order, with a reason and under a name.

use proto::specialists::v1 as pb;
use server::Once;

use crate::{
    act::Desk,
    domain::{Broken, HAS_LIVE_NOMINATION, Outcome, Override},
    error::Error,
    select::check_ready,
    store,
    target::Target,
    wire,
};

pub(crate) async fn decide(
    desk: &Desk,
    request: Once,
    target: Target,
    outcome: Outcome,
    reason: String,
    etag: String,
) -> Result<pb::OverrideNominationResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let (cohort, before) = target.hold(&mut act).await?;
            if etag != wire::nomination_etag(&before) {
                return Err(Error::Stale(before.name()));
            }
            check_ready(&mut act, &cohort).await?;
            let now = act.now();
            let decided = before.decide(Override { outcome, reason, actor: act.cause.actor.clone(), time: now })?;
            match store::nomination::nomination_update(act.tx, &decided).await {
                Ok(true) => {}
                Ok(false) => return Err(Error::Stale(before.name())),
                // Passed over before, and nominated elsewhere since.
                Err(error) if error.is_unique_violation() => {
                    return Err(Broken::NotEligible { urn: before.urn, why: vec![HAS_LIVE_NOMINATION] }.into());
                }
                Err(error) => return Err(error.into()),
            }
            if outcome == Outcome::Selected {
                store::cohort::cohort_selected(act.tx, &cohort.id, now).await?;
            }
            act.nomination_overridden(&decided);
            Ok(pb::OverrideNominationResponse { nomination: Some((&decided).into()) })
        })
    })
    .await
}
