//! Places that are kept until a day open on that day, or a later policy keeps others: the first call that locks the places on or after the day does it, be
//! it the periodic job or another. The result is the same whichever comes first, because each call does it before its own changes.

use service::{Command, Error};

use super::{promote::promote, rules::Application, waiting_list};
use crate::{
    places::{self, Places},
    round,
};

/// Places with the reserve of today.
pub(crate) struct OpenedPlaces {
    pub(crate) places: Places,
    /// A day had come on which the reserve changes.
    pub(crate) is_renewed: bool,
    /// Places that were kept and free, and are open to all now.
    pub(crate) opened_count: i64,
    /// The applications on the waiting list that were offered them.
    pub(crate) offered: Vec<Application>,
}

/// Brings the reserve of locked places to the policy of today, and offers the places that are no longer kept to the next on the waiting list.
pub(crate) async fn open_reserve(cmd: &mut Command<'_, '_>, places: Places) -> Result<OpenedPlaces, Error> {
    if !places.is_reserve_due(cmd.today()) {
        return Ok(OpenedPlaces { places, is_renewed: false, opened_count: 0, offered: Vec::new() });
    }
    // Read under the lock of the places, because an update of the round marks them after it has written the policies.
    let round = round::store::round_by_id(cmd.tx, &places.round).await?;
    let now = cmd.now();
    let kept_before = places.kept(waiting_list::offers_open(cmd.tx, &places, now).await?);
    let places = places::renew_reserve(cmd, &places, &round).await?;
    let kept_after = places.kept(waiting_list::offers_open(cmd.tx, &places, now).await?);
    let opened_count = (kept_before - kept_after).max(0);
    let (mut offered, mut left_count) = (Vec::new(), opened_count);
    // One statement makes a bounded number of offers.
    while left_count > 0 {
        let next = promote(cmd, &round, &places, left_count).await?;
        if next.is_empty() {
            break;
        }
        left_count -= i64::try_from(next.len()).expect("a statement changes at most 1,000 rows");
        offered.extend(next);
    }
    Ok(OpenedPlaces { places, is_renewed: true, opened_count, offered })
}
