//! What enrolment tells of a place changes what it entitles to.

use service::Command;

use crate::{
    arise::{arise, arise_again},
    domain::{Due, EntitlementState, Participation, Review, Step},
    events,
    reassess_lineage::reassess_relatives,
    release::{after_release, give_back},
    store,
};

/// Writes the facts of a place, which is held, and has its entitlement take the step that follows from them.
pub(crate) async fn follow(cmd: &mut Command<'_, '_>, participation: Participation, before: Due) -> Result<(), db::Error> {
    store::participation::participation_update(cmd.tx, &participation).await?;
    let Some(mut entitlement) = store::entitlement::find_entitlement_held(cmd.tx, &participation.id).await? else {
        return arise(cmd, participation).await;
    };
    match entitlement.step(before) {
        // What is asked about it may have been answered by the facts.
        Step::Stay if entitlement.review.is_some() => reassess_relatives(cmd, entitlement.participation.urn).await?,
        Step::Stay => {}
        Step::AriseAgain => arise_again(cmd, entitlement).await?,
        Step::BecomePayable => {
            entitlement.state = EntitlementState::Payable;
            entitlement.version += 1;
            store::entitlement::entitlement_update(cmd.tx, &entitlement).await?;
            events::entitlement_became_payable(cmd, &entitlement);
        }
        Step::Release => {
            give_back(cmd, &mut entitlement).await?;
            entitlement.version += 1;
            store::entitlement::entitlement_update(cmd.tx, &entitlement).await?;
            events::entitlement_released(cmd, &entitlement);
            after_release(cmd, &entitlement).await?;
        }
        Step::Flag => {
            store::review::answer_forget(cmd.tx, entitlement.id(), Review::Lapsed).await?;
            reassess_relatives(cmd, entitlement.participation.urn).await?;
        }
    }
    Ok(())
}
