//! Policies: amounts that the programme pays, each in force for a range of days by a decision.

mod api;
mod create_policy;
mod get_policy;
mod list_policies;
mod rules;
pub(crate) mod store;
mod wire;

pub(crate) use rules::{Policy, PolicyId, PolicyKind, PolicyViolation};
