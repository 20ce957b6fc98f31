//! Links of descent may bring two entitlements together, or turn out to divide a school that had one: whenever links are imported, and whenever a day
//! begins on which one of them takes effect. Events of enrolment may come before the links are known, so nothing is ever decided by the links' absence
//! for good: what was missed when an entitlement arose is found here. Nothing is guessed: a person is asked.

use crate::{
    act::Act,
    domain::{EntitlementId, Review},
    store,
};

/// Pairs that one transaction tells.
const PAIRS_MAX: i64 = 200;

/// Flags what was not flagged yet, at most so much.
pub(crate) async fn look_again(act: &mut Act<'_, '_>) -> Result<(), db::Error> {
    let today = act.today();
    let merged = store::review::pair_list_merged(act.tx, today, PAIRS_MAX).await?;
    for (one, other) in &merged {
        store::review::pair_insert(act.tx, one, other).await?;
        flag(act, one, Review::Merger, other).await?;
        flag(act, other, Review::Merger, one).await?;
    }
    let split = store::review::pair_list_split(act.tx, today, PAIRS_MAX).await?;
    for (one, origin) in &split {
        store::review::pair_insert(act.tx, one, origin).await?;
        flag(act, one, Review::Split, origin).await?;
    }
    Ok(())
}

async fn flag(act: &mut Act<'_, '_>, id: &EntitlementId, review: Review, other: &EntitlementId) -> Result<(), db::Error> {
    if store::review::entitlement_flag(act.tx, id, review, other).await? {
        let flagged = store::entitlement::find_entitlement_held(act.tx, id).await?;
        act.entitlement_flagged(&flagged.expect("it was flagged just now"));
    }
    Ok(())
}
