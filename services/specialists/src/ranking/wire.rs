//! Rankings, standings and scores as messages.

use proto::specialists::v1 as pb;
use service::{Resource, count};

use super::{Ranking, Score, Standing};
use crate::score_weights::score_weights_name;

impl From<&Ranking> for pb::Ranking {
    fn from(ranking: &Ranking) -> Self {
        let basis = ranking.basis.clone();
        let (publication, weights) = basis.map(|(publication, version)| (publication, score_weights_name(version))).unzip();
        Self {
            name: ranking.name(),
            number: count(ranking.number),
            rank_time: Some(ranking.rank_time.to_proto()),
            actor: ranking.actor.clone(),
            reach_publication: publication.unwrap_or_default(),
            score_weights: weights.unwrap_or_default(),
            nominations_count: count(ranking.nominations_count),
            scored_count: count(ranking.scored_count),
            fallback: ranking.basis.is_none(),
        }
    }
}

impl From<&Standing> for pb::Standing {
    fn from(standing: &Standing) -> Self {
        Self {
            ranking_number: count(standing.ranking_number),
            rank: count(standing.rank),
            score_ppm: standing.score.as_ref().map(|score| count(score.ppm)),
            inputs: standing.score.as_ref().map(Into::into),
        }
    }
}

impl From<&Score> for pb::ScoreInputs {
    fn from(score: &Score) -> Self {
        Self {
            reach_publication: score.publication.clone(),
            score_weights: score_weights_name(score.weights_version),
            old_la_code: score.old_la_code.clone(),
            schools_count: count(score.figures.schools),
            schools_never_reached_count: count(score.figures.never),
            region_schools_count: count(score.figures.region_schools),
            region_schools_never_reached_count: count(score.figures.region_never),
            prior_schools_count: count(score.weights.prior_schools),
            area_permille: count(score.weights.area_permille),
            region_permille: count(score.weights.region_permille),
        }
    }
}
