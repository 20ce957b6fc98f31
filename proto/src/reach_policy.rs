//! The rule of reach where no policy of the Council is in force.

use crate::network::v1::{ReachFactKind, ReachPolicy, ReachStage};

/// The working assumption by which reach is measured on days without a policy, as the fields of `ReachPolicy` say it. It has no name, no first day and no decision.
pub fn reach_policy_assumed() -> ReachPolicy {
    ReachPolicy {
        coldness_stage: ReachStage::Enrolled.into(),
        prior_schools_count: 10,
        ranked_schools_min_count: 10,
        fact_kinds: vec![ReachFactKind::Participation.into()],
        ..ReachPolicy::default()
    }
}
