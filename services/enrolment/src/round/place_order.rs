//! The dated policies of a round: the order in which places are given, and those that are kept.

use name::DecisionId;
use serde::{Deserialize, Serialize};
use time::Date;

use super::Round;

db::text_enum! {
    /// The order in which places are given.
    pub(crate) enum PlaceOrder {
        /// By queue number.
        Submission = "submission",
        /// Areas with less historic engagement first, then by queue number; schools without a figure come last.
        PriorityThenSubmission = "priority_then_submission",
    }
}

/// An order, from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PlaceOrderPolicy {
    #[serde(rename = "start_date")]
    pub(crate) start: Date,
    #[serde(rename = "place_order")]
    pub(crate) order: PlaceOrder,
    pub(crate) decision: DecisionId,
    /// Figures that nobody has approved count too.
    pub(crate) provisional_figures_count: bool,
    /// `None` when no places are kept.
    pub(crate) reserve: Option<Reserve>,
    /// The share of the places that goes to hubs by their schools never reached.
    pub(crate) need_permille: i64,
}

/// The share of a hub's places that a policy keeps for schools of the coldest authorities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reserve {
    pub(crate) reserved_permille: i64,
    /// From this day on the places are open to all.
    #[serde(rename = "reserved_until_date")]
    pub(crate) until: Date,
    pub(crate) cold_permille: i64,
}

/// The places that are kept on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReserveOnDay {
    /// 0 when none are kept, and when the day on which they open has come.
    pub(crate) reserved_permille: i64,
    /// The share of the ranked authorities for whose schools they are kept, or were.
    pub(crate) cold_permille: i64,
    /// The next day on which this changes.
    pub(crate) change: Option<Date>,
}

impl Round {
    /// The places that are kept on a day.
    pub(crate) fn reserve_on(&self, today: Date) -> ReserveOnDay {
        let next_start = self.policies.iter().map(|policy| policy.start).find(|start| *start > today);
        let Some(reserve) = self.reserve(today) else {
            return ReserveOnDay { reserved_permille: 0, cold_permille: 0, change: next_start };
        };
        let is_kept = today < reserve.until;
        ReserveOnDay {
            reserved_permille: if is_kept { reserve.reserved_permille } else { 0 },
            cold_permille: reserve.cold_permille,
            change: next_start.into_iter().chain(is_kept.then_some(reserve.until)).min(),
        }
    }

    /// The reserve of the policy in force on a day.
    pub(crate) fn reserve(&self, today: Date) -> Option<&Reserve> {
        self.policy(today)?.reserve.as_ref()
    }
}
