//! A place that was accepted entitles its school to money, if a policy covers it and no other place of its lineage did.

use crate::{
    act::Act,
    domain::{Due, Entitlement, EntitlementState, Participation, PolicyKind},
    fund::fund,
    look_again::look_at_kin,
    store::{self, entitlement::Ground},
};

/// The entitlement of a place arises. Nothing happens where no policy covers the place, or it was left unproven: a policy or evidence may still come.
pub(crate) async fn arise(act: &mut Act<'_, '_>, participation: Participation) -> Result<(), db::Error> {
    if participation.due() == Due::Lapsed {
        return Ok(());
    }
    let (day, today) = (participation.accepted.happened.date(), act.today());
    let ground = store::entitlement::find_ground(act.tx, &participation, day, today).await?;
    let Some((policy, amount)) = ground.policy.clone() else { return Ok(()) };
    let mut entitlement = Entitlement::new(participation, policy, amount);
    claim_and_fund(act, &mut entitlement, &ground).await?;
    store::entitlement::entitlement_insert(act.tx, &entitlement).await?;
    tell(act, &entitlement, &ground).await
}

/// An entitlement that was released or refused arises again: evidence proved it, or what it was refused for is released. Held, and written here. It is
/// by the policy by which it first arose.
pub(crate) async fn arise_again(act: &mut Act<'_, '_>, mut entitlement: Entitlement) -> Result<(), db::Error> {
    let today = act.today();
    let ground = store::entitlement::find_ground(act.tx, &entitlement.participation, today, today).await?;
    let before = (entitlement.state, entitlement.conflicting.take());
    claim_and_fund(act, &mut entitlement, &ground).await?;
    if entitlement.state == EntitlementState::Refused && before == (entitlement.state, entitlement.conflicting.clone()) {
        return Ok(());
    }
    entitlement.version += 1;
    store::entitlement::entitlement_update(act.tx, &entitlement).await?;
    tell(act, &entitlement, &ground).await
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

/// Tells of it. A claim holds the lineage as it was on one day; what it does not see of the school's kin is a question to a person, asked before anybody
/// can pay.
async fn tell(act: &mut Act<'_, '_>, entitlement: &Entitlement, ground: &Ground) -> Result<(), db::Error> {
    if entitlement.state == EntitlementState::Refused {
        act.entitlement_refused(entitlement);
        return Ok(());
    }
    act.entitlement_arose(entitlement);
    if ground.has_kin {
        look_at_kin(act, entitlement.participation.urn).await?;
    }
    Ok(())
}

/// Entitlements arise for places that a policy covers and that have none, at most so many. Says for how many.
pub(crate) async fn arise_missing(act: &mut Act<'_, '_>, limit: i64) -> Result<usize, db::Error> {
    let places = store::participation::participation_list_without_entitlement(act.tx, limit).await?;
    let count = places.len();
    for place in places {
        // Whoever held the place until now may have been about the same.
        if store::entitlement::find_entitlement_held(act.tx, &place.id).await?.is_none() {
            arise(act, place).await?;
        }
    }
    Ok(count)
}
