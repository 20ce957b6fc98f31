//! Versions of the weights by which nominations are scored. [`crate::cohort`] serves their calls, which belong to `CohortService`.

pub(crate) mod create_score_weights;
pub(crate) mod list_score_weights;
mod rules;
pub(crate) mod store;
pub(crate) mod wire;

pub(crate) use rules::{ScoreWeights, ScoreWeightsDraft, Weights, score_weights_name};
