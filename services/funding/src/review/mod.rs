//! Reviews: questions to a person about entitlements, one at a time for each. Stored are the question that is open, in the entitlement's row, and answers that
//! keep an entitlement. All other questions are computed from links, participations and entitlements, so that a question can come late but is not lost.

pub(crate) mod reassess_lineage;
mod rules;
pub(crate) mod store;
pub(crate) mod wire;

pub(crate) use rules::{Question, Review, ReviewChange};
