//! What the service does by itself: the rest of what one transaction did not get done, and what two transactions that ran at once could not see of each
//! other. Each round looks at how things are, not at what happened since the last, so a round that was missed is caught up by the next.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use time::Date;

use crate::{
    act::Desk,
    arise::arise_missing,
    fund::{FUNDED_MAX, fund_waiting},
    look_again::look_again,
    store,
};

/// Places, and budgets, that one transaction looks at.
const PLACES_MAX: i64 = 500;
const BUDGETS_MAX: i64 = 100;

/// Links are looked at again when a day begins, on which one of them may take effect, and so often by the machine's clock, because one may have been imported
/// while the entitlement that it concerns was written.
const LOOK_INTERVAL: Duration = Duration::from_secs(60);

/// What a round did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Swept {
    /// Places that had no entitlement though a policy covers them.
    pub(crate) arisen: usize,
    /// Entitlements that waited for money that was there.
    pub(crate) funded: usize,
}

/// When links were last looked at again: by the machine's clock, and on which day.
pub(crate) type Looked = Option<(Instant, Date)>;

/// A round. `look_due` says whether links were imported since they were last looked at again.
pub(crate) async fn sweep(desk: &Desk, looked: &mut Looked, look_due: &AtomicBool) -> Result<Swept, db::Error> {
    let mut swept = Swept::default();
    while is_missing(desk).await? {
        swept.arisen += desk.by_itself(|mut act| Box::pin(async move { arise_missing(&mut act, PLACES_MAX).await })).await?;
    }
    let fundable =
        desk.pool.read(|mut tx| Box::pin(async move { store::budget::budget_list_fundable(&mut tx, BUDGETS_MAX).await }));
    for (hub, year) in fundable.await? {
        loop {
            let hub = hub.clone();
            let funded = desk.by_itself(move |mut act| Box::pin(async move { fund_waiting(&mut act, &hub, year).await })).await?;
            swept.funded += funded;
            if funded < FUNDED_MAX {
                break;
            }
        }
    }
    let today = desk.clock.today();
    if look_due.swap(false, Ordering::Relaxed) || looked.is_none_or(|(at, day)| day != today || at.elapsed() >= LOOK_INTERVAL) {
        *looked = Some((Instant::now(), today));
        while is_to_be_flagged(desk).await? {
            desk.by_itself(|mut act| Box::pin(async move { look_again(&mut act).await.map(drop) })).await?;
        }
    }
    Ok(swept)
}

/// Looked at without a transaction, so that an idle service writes nothing.
async fn is_missing(desk: &Desk) -> Result<bool, db::Error> {
    let read = desk
        .pool
        .read(|mut tx| Box::pin(async move { store::participation::participation_list_without_entitlement(&mut tx, 1).await }));
    Ok(!read.await?.is_empty())
}

async fn is_to_be_flagged(desk: &Desk) -> Result<bool, db::Error> {
    let today = desk.clock.today();
    let read = desk.pool.read(move |mut tx| Box::pin(async move { store::review::turn_list(&mut tx, today, 1).await }));
    Ok(!read.await?.is_empty())
}
