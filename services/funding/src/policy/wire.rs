//! Policies as messages, and messages as policies.

use name::{DecisionId, ProgrammeId};
use proto::funding::v1 as pb;
use server::Fields;

use super::{Policy, PolicyId, PolicyKind};
use crate::ledger::Pence;

impl From<&Policy> for pb::Policy {
    fn from(policy: &Policy) -> Self {
        let kind = match policy.kind {
            PolicyKind::ReleaseSubsidy => pb::PolicyKind::ReleaseSubsidy,
        };
        Self {
            name: policy.id.to_string(),
            kind: kind.into(),
            programme: policy.programme.as_str().to_owned(),
            amount_pence: policy.amount.number(),
            start_date: policy.start.to_string(),
            end_date: policy.end.map(|end| end.to_string()).unwrap_or_default(),
            decision: policy.decision.to_string(),
            needs_two_sources: Some(policy.needs_two_sources),
        }
    }
}

/// A policy with its id.
pub(super) fn policy(fields: &mut Fields, id: Option<PolicyId>, message: Option<pb::Policy>) -> Option<Policy> {
    let Some(message) = message else {
        fields.wrong("policy", "must be set");
        return None;
    };
    let kind = match message.kind() {
        pb::PolicyKind::ReleaseSubsidy => Some(PolicyKind::ReleaseSubsidy),
        pb::PolicyKind::Unspecified => None,
    };
    fields.require("policy.kind", kind.is_some(), "must be a kind of the contract, for example RELEASE_SUBSIDY");
    let programme = fields.read("policy.programme", ProgrammeId::parse(&message.programme));
    let amount = fields.read("policy.amount_pence", Pence::amount(message.amount_pence));
    let start = fields.date("policy.start_date", &message.start_date);
    let end = if message.end_date.is_empty() { None } else { fields.date("policy.end_date", &message.end_date) };
    if let (Some(start), Some(end)) = (start, end) {
        fields.require("policy.end_date", start <= end, "must not lie before the first day");
    }
    let decision = fields.read("policy.decision", DecisionId::parse(&message.decision));
    Some(Policy {
        id: id?,
        kind: kind?,
        programme: programme?,
        amount: amount?,
        start: start?,
        end,
        decision: decision?,
        needs_two_sources: message.needs_two_sources.unwrap_or(true),
    })
}
