//! Entitlements: money that a school is entitled to for one place, funded by a budget, proven by evidence and paid in a batch.

mod api;
pub(crate) mod apply_evidence;
pub(crate) mod commitment;
mod decide_entitlement;
mod entitlement_ref;
mod get_entitlement;
mod list_entitlements;
pub(crate) mod recognise;
mod rules;
mod set_payee;
pub(crate) mod store;
mod wire;

pub(crate) use entitlement_ref::EntitlementRef;
#[cfg(test)]
pub(crate) use rules::TRANSITIONS;
pub(crate) use rules::{
    DecisionOutcome, Entitlement, EntitlementBasis, EntitlementFilter, EntitlementId, EntitlementState, EvidenceEffect,
};
