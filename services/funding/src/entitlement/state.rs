//! The state machine of entitlements.

use service::Transitions;

db::text_enum! {
    /// The state of an entitlement.
    pub(crate) enum EntitlementState {
        /// It waits for money of its budget.
        Unfunded = "unfunded",
        /// Money is committed to it.
        Committed = "committed",
        /// Money is committed to it, and it is proven.
        Payable = "payable",
        /// It was paid.
        Paid = "paid",
        /// It ended without a payment, and its money is available again.
        Released = "released",
        /// The school's lineage has another entitlement.
        Refused = "refused",
    }
}

db::text_enum! {
    /// A change of an entitlement's state.
    pub(crate) enum EntitlementVerb {
        /// Money is committed, and evidence is missing.
        Commit = "commit",
        /// Money is committed, and the entitlement is proven.
        CommitProven = "commit_proven",
        /// Evidence proves the entitlement.
        Prove = "prove",
        /// Evidence that proved it was withdrawn.
        Unprove = "unprove",
        /// Its batch is released.
        Pay = "pay",
        /// Its payment is reversed.
        ReversePayment = "reverse_payment",
        /// It ends without a payment.
        Release = "release",
        /// Another entitlement has the claim of the lineage.
        Refuse = "refuse",
        /// Evidence proves it after all, or the entitlement with the claim of the lineage has ended.
        Reinstate = "reinstate",
    }
}

/// The state machine of entitlements. A new entitlement is unfunded.
pub(crate) const TRANSITIONS: &Transitions<EntitlementState, EntitlementVerb> = {
    use EntitlementState::{Committed, Paid, Payable, Refused, Released, Unfunded};
    use EntitlementVerb::{Commit, CommitProven, Pay, Prove, Refuse, Reinstate, Release, ReversePayment, Unprove};
    &[
        (Unfunded, Commit, Committed),
        (Unfunded, CommitProven, Payable),
        (Unfunded, Refuse, Refused),
        (Unfunded, Release, Released),
        (Committed, Prove, Payable),
        (Committed, Release, Released),
        (Payable, Release, Released),
        (Payable, Unprove, Committed),
        (Payable, Pay, Paid),
        (Paid, ReversePayment, Payable),
        (Released, Reinstate, Unfunded),
        (Refused, Reinstate, Unfunded),
    ]
};
