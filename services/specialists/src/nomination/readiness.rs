//! When the outcomes of a cohort's nominations can be decided.

use service::{Command, Error};

use super::store;
use crate::{cohort::Cohort, ranking::RankingViolation};

/// Checks that the window of a cohort, which is locked, is over, and that every submitted nomination is in its newest ranking.
pub(super) async fn check_ready(cmd: &mut Command<'_, '_>, cohort: &Cohort) -> Result<(), Error> {
    cohort.check_window_over(cmd.now())?;
    match store::unranked_count(cmd.tx, &cohort.id).await? {
        0 => Ok(()),
        count => Err(RankingViolation::NotRanked(count).into()),
    }
}
