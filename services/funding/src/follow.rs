//! What enrolment tells of a place changes what it entitles to.

use crate::{
    act::Act,
    arise::{arise, arise_again},
    domain::{Due, EntitlementState, Participation, Review, Step},
    look_again::look_at_kin,
    release::{after_release, give_back},
    store,
};

/// Writes the facts of a place, which is held, and has its entitlement take the step that follows from them.
pub(crate) async fn follow(act: &mut Act<'_, '_>, participation: Participation, before: Due) -> Result<(), db::Error> {
    store::participation::participation_update(act.tx, &participation).await?;
    let Some(mut entitlement) = store::entitlement::find_entitlement_held(act.tx, &participation.id).await? else {
        return arise(act, participation).await;
    };
    match entitlement.step(before) {
        // What is asked about it may have been answered by the facts.
        Step::Stay if entitlement.review.is_some() => look_at_kin(act, entitlement.participation.urn).await?,
        Step::Stay => {}
        Step::AriseAgain => arise_again(act, entitlement).await?,
        Step::BecomePayable => {
            entitlement.state = EntitlementState::Payable;
            entitlement.version += 1;
            store::entitlement::entitlement_update(act.tx, &entitlement).await?;
            act.entitlement_became_payable(&entitlement);
        }
        Step::Release => {
            give_back(act, &mut entitlement).await?;
            entitlement.version += 1;
            store::entitlement::entitlement_update(act.tx, &entitlement).await?;
            act.entitlement_released(&entitlement);
            after_release(act, &entitlement).await?;
        }
        Step::Flag => {
            store::review::answer_forget(act.tx, entitlement.id(), Review::Lapsed).await?;
            look_at_kin(act, entitlement.participation.urn).await?;
        }
    }
    Ok(())
}
