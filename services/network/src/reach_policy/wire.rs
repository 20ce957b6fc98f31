//! Policies of reach as messages, and messages as policies.

use std::collections::BTreeSet;

use db::Column;
use name::DecisionId;
use proto::network::v1 as pb;
use server::Fields;
use service::count;

use super::{FactKind, FactKinds, ReachPolicy, ReachPolicyId, ReachRule};
use crate::reach::Stage;

/// The most schools by which a small area may be drawn toward its region, and the most that a rank may require.
const SCHOOLS_MAX: i32 = 10_000;

impl From<&ReachPolicy> for pb::ReachPolicy {
    fn from(policy: &ReachPolicy) -> Self {
        Self {
            name: policy.id.to_string(),
            start_date: policy.start.to_string(),
            decision: policy.decision.to_string(),
            coldness_stage: count(policy.rule.stage.number()),
            prior_schools_count: count(policy.rule.prior_schools),
            ranked_schools_min_count: count(policy.rule.ranked_schools_min),
            fact_kinds: policy.rule.fact_kinds.0.iter().map(|kind| count(kind.number())).collect(),
        }
    }
}

/// A new policy.
pub(crate) fn policy(fields: &mut Fields, message: &pb::CreateReachPolicyRequest) -> Option<ReachPolicy> {
    let id = fields.new_id("reach_policy_id", &message.reach_policy_id, ReachPolicyId::LENGTH_MAX).map(ReachPolicyId::trusted);
    fields.require("reach_policy", message.reach_policy.is_some(), "must be set");
    let sent = message.reach_policy.clone().unwrap_or_default();
    let start = fields.date("reach_policy.start_date", &sent.start_date);
    let decision = fields.read("reach_policy.decision", DecisionId::parse(&sent.decision));
    let rule = rule(fields, &sent);
    Some(ReachPolicy { id: id?, start: start?, decision: decision?, rule: rule? })
}

/// The rule of a policy.
pub(super) fn rule(fields: &mut Fields, sent: &pb::ReachPolicy) -> Option<ReachRule> {
    let stage = fields.read("reach_policy.coldness_stage", Stage::from_stored(sent.coldness_stage.into()));
    let prior_fits = (0..=SCHOOLS_MAX).contains(&sent.prior_schools_count);
    fields.require("reach_policy.prior_schools_count", prior_fits, "must be 0 to 10,000");
    let min_fits = (1..=SCHOOLS_MAX).contains(&sent.ranked_schools_min_count);
    fields.require("reach_policy.ranked_schools_min_count", min_fits, "must be 1 to 10,000");
    let read: Option<Vec<FactKind>> = sent.fact_kinds.iter().map(|kind| FactKind::of((*kind).into())).collect();
    let kinds = read.filter(|read| read.contains(&FactKind::Participation)).and_then(|read| {
        let kinds: BTreeSet<FactKind> = read.iter().copied().collect();
        (kinds.len() == read.len()).then_some(kinds)
    });
    fields.require(
        "reach_policy.fact_kinds",
        kinds.is_some(),
        "must be PARTICIPATION, or PARTICIPATION and SPECIALIST, each once",
    );
    Some(ReachRule {
        stage: stage?,
        prior_schools: sent.prior_schools_count.into(),
        ranked_schools_min: sent.ranked_schools_min_count.into(),
        fact_kinds: FactKinds(kinds?),
    })
}
