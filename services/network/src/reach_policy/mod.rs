//! Policies by which reach is measured. [`crate::reach`] serves their calls, which belong to `ReachService`.

pub(crate) mod create_reach_policy;
pub(crate) mod list_reach_policies;
mod rules;
pub(crate) mod store;
pub(crate) mod wire;

use rules::{FactKind, FactKinds, ReachPolicyViolation};
pub(crate) use rules::{ReachPolicy, ReachPolicyId, ReachRule};
