//! Entitlements as messages, and messages as decisions and filters.

use name::{HubId, Urn};
use proto::funding::v1 as pb;
use server::Fields;
use service::Resource;
use time::FinancialYear;

use super::{
    DecisionOutcome, Entitlement, EntitlementFilter, EntitlementId, EntitlementRef, EntitlementState,
    decide_entitlement::Decision,
};
use crate::{REASON_LENGTH_MAX, batch::BatchId, participation, review};

impl From<&Entitlement> for pb::Entitlement {
    fn from(entitlement: &Entitlement) -> Self {
        let participation = &entitlement.participation;
        let review = entitlement.review.map_or(pb::EntitlementReview::Unspecified, Into::into);
        Self {
            name: entitlement.name(),
            participation: entitlement.id().participation(),
            school: participation.urn.to_string(),
            hub: participation.hub.to_string(),
            programme: participation.programme.as_str().to_owned(),
            first_academic_year: participation.first_academic_year.to_string(),
            financial_year: entitlement.financial_year().to_string(),
            policy: entitlement.terms.policy.to_string(),
            amount_pence: entitlement.terms.amount.number(),
            state: pb::EntitlementState::from(entitlement.state).into(),
            evidence: participation::wire::evidence(participation),
            review: review.into(),
            conflicting_entitlement: entitlement.conflicting.as_ref().map(ToString::to_string).unwrap_or_default(),
            payee: Some((&entitlement.payee).into()),
            batch: entitlement.batch.as_ref().map(ToString::to_string).unwrap_or_default(),
            accept_time: Some(participation.accepted.happened.to_proto()),
            etag: entitlement.etag(),
            evidence_status: pb::EvidenceStatus::from(entitlement.evidence_status()).into(),
            payee_time: Some(entitlement.payee_time.to_proto()),
            decision_reason: entitlement.decision_reason.clone().unwrap_or_default(),
        }
    }
}

impl From<EntitlementState> for pb::EntitlementState {
    fn from(state: EntitlementState) -> Self {
        match state {
            EntitlementState::Unfunded => Self::Unfunded,
            EntitlementState::Committed => Self::Committed,
            EntitlementState::Payable => Self::Payable,
            EntitlementState::Paid => Self::Paid,
            EntitlementState::Released => Self::Released,
            EntitlementState::Refused => Self::Refused,
        }
    }
}

impl From<DecisionOutcome> for pb::DecisionOutcome {
    fn from(outcome: DecisionOutcome) -> Self {
        match outcome {
            DecisionOutcome::Keep => Self::Keep,
            DecisionOutcome::Release => Self::Release,
        }
    }
}

pub(super) fn entitlement_ref(fields: &mut Fields, name: &str, etag: &str) -> Option<EntitlementRef> {
    let id = fields.read("name", EntitlementId::parse(name));
    let etag = fields.etag("etag", etag);
    Some(EntitlementRef { id: id?, etag: etag? })
}

pub(super) fn decision(fields: &mut Fields, message: &pb::DecideEntitlementRequest) -> Option<Decision> {
    let entitlement = entitlement_ref(fields, &message.name, &message.etag);
    let outcome = match message.outcome() {
        pb::DecisionOutcome::Keep => Some(DecisionOutcome::Keep),
        pb::DecisionOutcome::Release => Some(DecisionOutcome::Release),
        pb::DecisionOutcome::Unspecified => None,
    };
    fields.require("outcome", outcome.is_some(), "must be KEEP or RELEASE");
    let reason = fields.text("reason", &message.reason, 1, REASON_LENGTH_MAX);
    Some(Decision { entitlement: entitlement?, outcome: outcome?, reason: reason? })
}

pub(super) fn filter(fields: &mut Fields, message: &pb::ListEntitlementsRequest) -> EntitlementFilter {
    EntitlementFilter {
        hub: fields.optional("hub", &message.hub, HubId::parse),
        urn: fields.optional("school", &message.school, Urn::parse),
        batch: fields.optional("batch", &message.batch, BatchId::parse),
        financial_year: fields.optional("financial_year", &message.financial_year, FinancialYear::parse),
        state: state(fields, message.state),
        review: review::wire::review(fields, message.review),
    }
}

/// The filter `state`; `None` when it is unspecified.
fn state(fields: &mut Fields, number: i32) -> Option<EntitlementState> {
    let found = EntitlementState::ALL.iter().copied().find(|state| i32::from(pb::EntitlementState::from(*state)) == number);
    fields.require("state", number == 0 || found.is_some(), "must be a state of the contract, or unspecified for all");
    found
}
