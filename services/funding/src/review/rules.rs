//! Questions of reviews.

use crate::entitlement::EntitlementId;

db::text_enum! {
    /// The reason of a review.
    pub(crate) enum Review {
        /// The school's lineage has another entitlement.
        Merger = "merger",
        /// The school descends by a split from a school with an entitlement.
        Split = "split",
        /// The evidence has lapsed or was withdrawn, and the entitlement is in a batch or paid.
        Lapsed = "lapsed",
        /// The payee is a school that has closed and has no unambiguous successor.
        Payee = "payee",
    }
}

/// A question about an entitlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) entitlement: EntitlementId,
    pub(crate) review: Review,
    /// The other entitlement of the lineage; the entitlement itself if the question is about one entitlement.
    pub(crate) other: EntitlementId,
}

impl Question {
    /// The other entitlement; `None` if the question is about one entitlement.
    pub(crate) fn conflicting(&self) -> Option<&EntitlementId> {
        (self.other != self.entitlement).then_some(&self.other)
    }
}

/// A change of the open questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReviewChange {
    /// A missing question is raised.
    Raise(Question),
    /// An open question is obsolete and is withdrawn.
    Withdraw(EntitlementId, Review),
}
