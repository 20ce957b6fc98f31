//! A place that was accepted entitles its school to money, if a policy covers it and no other place of its lineage did.

use service::Command;

use crate::{
    domain::{Due, Entitlement, EntitlementState, Participation, PolicyKind},
    events,
    fund::fund,
    reassess_lineage::reassess_relatives,
    store::{self, entitlement::Ground},
};

/// The entitlement of a place arises. Nothing happens where no policy covers the place, or it was left unproven: a policy or evidence may still come.
pub(crate) async fn arise(cmd: &mut Command<'_, '_>, participation: Participation) -> Result<(), db::Error> {
    if participation.due() == Due::Lapsed {
        return Ok(());
    }
    let (day, today) = (participation.accepted.happened.date(), cmd.today());
    let ground = store::entitlement::find_ground(cmd.tx, &participation, day, today).await?;
    let Some((policy, amount)) = ground.policy.clone() else { return Ok(()) };
    let mut entitlement = Entitlement::new(participation, policy, amount);
    claim_and_fund(cmd, &mut entitlement, &ground).await?;
    store::entitlement::entitlement_insert(cmd.tx, &entitlement).await?;
    tell(cmd, &entitlement, &ground).await
}

/// An entitlement that was released or refused arises again: evidence proved it, or what it was refused for is released. Held, and written here. It is
/// by the policy by which it first arose.
pub(crate) async fn arise_again(cmd: &mut Command<'_, '_>, mut entitlement: Entitlement) -> Result<(), db::Error> {
    let today = cmd.today();
    let ground = store::entitlement::find_ground(cmd.tx, &entitlement.participation, today, today).await?;
    let before = (entitlement.state, entitlement.conflicting.take());
    claim_and_fund(cmd, &mut entitlement, &ground).await?;
    if entitlement.state == EntitlementState::Refused && before == (entitlement.state, entitlement.conflicting.clone()) {
        return Ok(());
    }
    entitlement.version += 1;
    store::entitlement::entitlement_update(cmd.tx, &entitlement).await?;
    tell(cmd, &entitlement, &ground).await
}

async fn claim_and_fund(cmd: &mut Command<'_, '_>, entitlement: &mut Entitlement, ground: &Ground) -> Result<(), db::Error> {
    let kind = PolicyKind::ReleaseSubsidy;
    if let Some(other) = store::claim::claim_insert(cmd.tx, kind, entitlement.id(), &ground.urns).await? {
        entitlement.state = EntitlementState::Refused;
        entitlement.conflicting = Some(other);
    } else {
        fund(cmd, entitlement, true).await?;
    }
    Ok(())
}

/// Tells of it. A claim holds the lineage as it was on one day; what it does not see of the school's kin is a question to a person, asked before anybody
/// can pay.
async fn tell(cmd: &mut Command<'_, '_>, entitlement: &Entitlement, ground: &Ground) -> Result<(), db::Error> {
    if entitlement.state == EntitlementState::Refused {
        events::entitlement_refused(cmd, entitlement);
        return Ok(());
    }
    events::entitlement_arose(cmd, entitlement);
    if ground.has_kin {
        reassess_relatives(cmd, entitlement.participation.urn).await?;
    }
    Ok(())
}

/// Entitlements arise for places that a policy covers and that have none, at most so many. Says for how many.
pub(crate) async fn arise_missing(cmd: &mut Command<'_, '_>, limit: i64) -> Result<usize, db::Error> {
    let places = store::participation::participation_list_without_entitlement(cmd.tx, limit).await?;
    let count = places.len();
    for place in places {
        // Whoever held the place until now may have been about the same.
        if store::entitlement::find_entitlement_held(cmd.tx, &place.id).await?.is_none() {
            arise(cmd, place).await?;
        }
    }
    Ok(count)
}
