//! Weights as messages, and messages as weights.

use name::DecisionId;
use proto::specialists::v1 as pb;
use server::Fields;
use service::{Resource, count};

use super::{ScoreWeights, ScoreWeightsDraft, Weights};

/// Most schools that are added to an authority's own.
const PRIOR_SCHOOLS_COUNT_MAX: i32 = 1_000;

impl From<&ScoreWeights> for pb::ScoreWeights {
    fn from(version: &ScoreWeights) -> Self {
        Self {
            name: version.name(),
            start_date: version.start.to_string(),
            decision: version.decision.to_string(),
            prior_schools_count: count(version.weights.prior_schools),
            area_permille: count(version.weights.area_permille),
            region_permille: count(version.weights.region_permille),
        }
    }
}

/// A version that is to be published.
pub(crate) fn draft(fields: &mut Fields, message: Option<&pb::ScoreWeights>) -> Option<ScoreWeightsDraft> {
    let Some(message) = message else {
        fields.wrong("score_weights", "must be set");
        return None;
    };
    let start = fields.date("score_weights.start_date", &message.start_date);
    let decision = fields.read("score_weights.decision", DecisionId::parse(&message.decision));
    let prior = message.prior_schools_count;
    fields.require("score_weights.prior_schools_count", (0..=PRIOR_SCHOOLS_COUNT_MAX).contains(&prior), "must be 0 to 1000");
    let (area, region) = (message.area_permille, message.region_permille);
    fields.require("score_weights.area_permille", (0..=1_000).contains(&area), "must be 0 to 1000");
    let makes_1000 = (0..=1_000).contains(&region) && i64::from(area) + i64::from(region) == 1_000;
    fields.require("score_weights.region_permille", makes_1000, "must make 1000 with area_permille");
    let weights = Weights { prior_schools: prior.into(), area_permille: area.into(), region_permille: region.into() };
    Some(ScoreWeightsDraft { start: start?, decision: decision?, weights })
}
