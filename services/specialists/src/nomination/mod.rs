//! Nominations: a school nominates a teacher for a cohort; the teacher is selected by rank, or by a decision against the order.

mod api;
mod create_nomination;
mod eligibility;
mod get_nomination;
mod list_nominations;
mod nomination_ref;
mod override_nomination;
mod readiness;
mod rules;
mod select_nominations;
mod store;
mod wire;
mod withdraw_nomination;

pub(crate) use eligibility::{Ineligibility, check_eligible};
pub(crate) use nomination_ref::NominationRef;
#[cfg(test)]
pub(crate) use rules::TRANSITIONS;
pub(crate) use rules::{
    Decision, Nomination, NominationDraft, NominationId, NominationState, NominationViolation, Outcome, Override, Selection,
};
