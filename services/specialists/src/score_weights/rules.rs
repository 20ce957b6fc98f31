//! Rules of weights: published, dated, and never changed once they have begun.

use name::DecisionId;
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::Date;

/// The weights of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weights {
    /// Number of schools with the region's share that are added to an authority's own.
    pub(crate) prior_schools: i64,
    pub(crate) area_permille: i64,
    /// The two permilles make 1000.
    pub(crate) region_permille: i64,
}

/// A version of the weights that is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScoreWeightsDraft {
    pub(crate) start: Date,
    pub(crate) decision: DecisionId,
    pub(crate) weights: Weights,
}

/// One version of the weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScoreWeights {
    /// From 1.
    pub(crate) version: i64,
    pub(crate) start: Date,
    pub(crate) decision: DecisionId,
    pub(crate) weights: Weights,
}

impl ScoreWeights {
    /// The version after the last one. The first may begin on any day, because no ranking rests on it yet. A later one begins tomorrow at the earliest,
    /// so that the weights of a window that has ended cannot change.
    pub(crate) fn following(last: Option<&Self>, draft: ScoreWeightsDraft, today: Date) -> Result<Self, ScoreWeightsViolation> {
        let ScoreWeightsDraft { start, decision, weights } = draft;
        let Some(last) = last else { return Ok(Self { version: 1, start, decision, weights }) };
        if start < last.start {
            return Err(ScoreWeightsViolation::StartBeforeLast { start, last: last.start });
        }
        if start <= today {
            return Err(ScoreWeightsViolation::InForce);
        }
        Ok(Self { version: last.version + 1, start, decision, weights })
    }
}

impl Resource for ScoreWeights {
    fn name(&self) -> String {
        score_weights_name(self.version)
    }

    /// Always 1: each version of the weights is a resource that never changes.
    fn version(&self) -> i64 {
        1
    }
}

/// The resource name of a version of the weights.
pub(crate) fn score_weights_name(version: i64) -> String {
    format!("scoreWeights/{version}")
}

/// A rule of weights that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ScoreWeightsViolation {
    /// A version after the first would begin today or before.
    InForce,
    /// The version would begin before the last one.
    StartBeforeLast { start: Date, last: Date },
}

impl RuleViolation for ScoreWeightsViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::InForce => {
                let message = "weights that have begun cannot be changed; publish a version that begins tomorrow or later";
                ApiError::new(Reason::PolicyInForce, message)
            }
            Self::StartBeforeLast { start, last } => {
                let message =
                    format!("{start} lies before {last}, on which the last version begins; choose that day or a later one");
                ApiError::new(Reason::DateBeforeLast, message).with("last_date", last)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_have_begun_are_never_changed() {
        let day = |text| Date::parse(text).expect("a day");
        let draft = |start| ScoreWeightsDraft {
            start: day(start),
            decision: DecisionId::parse("councilMeetings/spring/decisions/weights").expect("a decision"),
            weights: Weights { prior_schools: 10, area_permille: 700, region_permille: 300 },
        };
        let first = ScoreWeights::following(None, draft("2015-01-01"), day("2018-01-01"));
        assert_eq!(first.map(|first| first.version), Ok(1), "the first may begin on any day");
        let last = ScoreWeights::following(None, draft("2018-09-01"), day("2018-09-01")).expect("it is the first");
        let next = |start, today| ScoreWeights::following(Some(&last), draft(start), day(today)).map(|next| next.version);
        assert_eq!(next("2018-10-02", "2018-10-01"), Ok(2));
        assert_eq!(next("2018-10-01", "2018-10-01"), Err(ScoreWeightsViolation::InForce));
        let before = ScoreWeightsViolation::StartBeforeLast { start: day("2018-08-31"), last: day("2018-09-01") };
        assert_eq!(next("2018-08-31", "2018-01-01"), Err(before));
        assert_eq!(next("2018-09-01", "2018-01-01"), Ok(2), "a version that has not begun can be corrected");
    }
}
