//! Rankings of the nominations of a cohort: the score of each nomination, and the order that follows. [`crate::nomination`] serves their calls, which
//! belong to `NominationService`.

pub(crate) mod list_rankings;
pub(crate) mod rank_nominations;
mod rules;
mod score;
pub(crate) mod store;
mod wire;

pub(crate) use rules::{Candidate, Entry, Ranking, RankingBasis, RankingViolation, Standing, rank};
pub(crate) use score::{Area, AreaScore, Figures, Score};
