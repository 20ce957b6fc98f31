//! A place that was accepted entitles its school to money, if a policy covers it and no other place of its lineage did.

use crate::{
    act::Act,
    domain::{Due, Entitlement, EntitlementState, Participation, PolicyKind, Review},
    fund::fund,
    store::{self, entitlement::Ground},
};

/// The entitlement of a place arises. Nothing happens where no policy covers the place, or it was left unproven: a policy or evidence may still come.
pub(crate) async fn arise(act: &mut Act<'_, '_>, participation: Participation) -> Result<(), db::Error> {
    if participation.facts.due() == Due::Lapsed {
        return Ok(());
    }
    let day = participation.accepted.happened.date();
    let Some(ground) = store::entitlement::find_ground(act.tx, &participation, day).await? else { return Ok(()) };
    let mut entitlement = Entitlement::new(participation, ground.policy.clone(), ground.amount);
    claim_and_fund(act, &mut entitlement, &ground).await?;
    if entitlement.state != EntitlementState::Refused && ground.split_from.is_some() {
        entitlement.review = Some(Review::Split);
        entitlement.conflicting = ground.split_from;
    }
    store::entitlement::entitlement_insert(act.tx, &entitlement).await?;
    if let (Some(Review::Split), Some(other)) = (entitlement.review, &entitlement.conflicting) {
        store::review::pair_insert(act.tx, entitlement.id(), other).await?;
    }
    tell(act, &entitlement);
    Ok(())
}

/// An entitlement that was released or refused arises again: late evidence proved it, or what it was refused for is released. Held, and written here.
pub(crate) async fn arise_again(act: &mut Act<'_, '_>, mut entitlement: Entitlement) -> Result<(), db::Error> {
    let today = act.today();
    let ground = store::entitlement::find_ground(act.tx, &entitlement.participation, today).await?;
    let ground = ground.expect("policies are never taken away");
    entitlement.conflicting = None;
    claim_and_fund(act, &mut entitlement, &ground).await?;
    entitlement.version += 1;
    store::entitlement::entitlement_update(act.tx, &entitlement).await?;
    tell(act, &entitlement);
    Ok(())
}

async fn claim_and_fund(act: &mut Act<'_, '_>, entitlement: &mut Entitlement, ground: &Ground) -> Result<(), db::Error> {
    let kind = PolicyKind::ReleaseSubsidy;
    if let Some(other) = store::claim::claim_insert(act.tx, kind, entitlement.id(), &ground.urns).await? {
        entitlement.state = EntitlementState::Refused;
        entitlement.conflicting = Some(other);
    } else {
        fund(act, entitlement, true).await?;
    }
    Ok(())
}

fn tell(act: &mut Act<'_, '_>, entitlement: &Entitlement) {
    if entitlement.state == EntitlementState::Refused {
        act.entitlement_refused(entitlement);
    } else {
        act.entitlement_arose(entitlement);
    }
}

/// Entitlements arise for places that a policy covers and that have none, at most so many. Says for how many.
pub(crate) async fn arise_missing(act: &mut Act<'_, '_>, limit: i64) -> Result<usize, db::Error> {
    let places = store::participation::participation_list_without_entitlement(act.tx, limit).await?;
    let count = places.len();
    for place in places {
        arise(act, place).await?;
    }
    Ok(count)
}
