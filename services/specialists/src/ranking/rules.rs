//! Rules of rankings: the order of a cohort's nominations.

use std::cmp::Reverse;

use name::{PersonId, Urn};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::{Date, Instant};

use super::{Area, AreaScore, Score};
use crate::{
    cohort::{Cohort, CohortId},
    nomination::NominationId,
    score_weights::{ScoreWeights, Weights},
};

/// A nomination that is to be ranked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) nomination: NominationId,
    pub(crate) urn: Urn,
    pub(crate) submit_time: Instant,
    /// Decides between persons who are equal otherwise. The ranking does not keep it.
    pub(crate) person: PersonId,
    /// The school's authority with its figures; `None` when there are no figures.
    pub(crate) area: Option<Area>,
}

/// The rank of a candidate, with its score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) nomination: NominationId,
    /// From 1.
    pub(crate) rank: i64,
    pub(crate) score: Option<AreaScore>,
}

/// Ranks candidates: higher scores first, candidates without a score last, then by instant of submission, then by URN, then by the
/// person's id. The order does not depend on the order in which nominations were recorded, although their ids do.
pub(crate) fn rank(candidates: Vec<Candidate>, weights: Option<Weights>) -> Vec<Entry> {
    let score = |candidate: Candidate| {
        let scored = candidate.area.clone().zip(weights);
        (scored.map(|(area, weights)| AreaScore { ppm: area.figures.score_ppm(weights), area }), candidate)
    };
    let mut scored: Vec<_> = candidates.into_iter().map(score).collect();
    scored.sort_by(|left, right| sort_key(left).cmp(&sort_key(right)));
    (1..).zip(scored).map(|(rank, (score, candidate))| Entry { nomination: candidate.nomination, rank, score }).collect()
}

fn sort_key((score, candidate): &(Option<AreaScore>, Candidate)) -> (Reverse<i64>, Instant, Urn, &PersonId) {
    let ppm = score.as_ref().map_or(-1, |score| score.ppm);
    (Reverse(ppm), candidate.submit_time, candidate.urn, &candidate.person)
}

/// The figures and the weights on which a ranking rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RankingBasis {
    /// Name of the publication.
    pub(crate) publication: String,
    pub(crate) score_weights: ScoreWeights,
}

/// A ranking of a cohort, which never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ranking {
    pub(crate) cohort: CohortId,
    /// From 1.
    pub(crate) number: i64,
    pub(crate) rank_time: Instant,
    pub(crate) actor: String,
    /// Publication and version of the weights. `None` when there were no figures, so that the order is that of submission.
    pub(crate) basis: Option<(String, i64)>,
    pub(crate) nominations_count: i64,
    pub(crate) scored_count: i64,
}

impl Ranking {
    /// The next ranking of a cohort, with these entries.
    pub(crate) fn next(cohort: &Cohort, basis: Option<RankingBasis>, entries: &[Entry], actor: String, now: Instant) -> Self {
        let count = |number: usize| i64::try_from(number).expect("the nominations of a cohort fit into an i64");
        Self {
            cohort: cohort.id.clone(),
            number: cohort.rankings_count + 1,
            rank_time: now,
            actor,
            basis: basis.map(|basis| (basis.publication, basis.score_weights.version)),
            nominations_count: count(entries.len()),
            scored_count: count(entries.iter().filter(|entry| entry.score.is_some()).count()),
        }
    }
}

impl Resource for Ranking {
    fn name(&self) -> String {
        format!("{}/rankings/{}", self.cohort, self.number)
    }

    /// Always 1: a ranking never changes.
    fn version(&self) -> i64 {
        1
    }
}

/// The place of a nomination in the newest ranking of its cohort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) ranking_number: i64,
    pub(crate) rank: i64,
    pub(crate) score: Option<Score>,
}

/// A rule of rankings that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RankingViolation {
    /// There are figures, and no weights in force on this day.
    WeightsMissing(Date),
    /// This number of submitted nominations is not in the newest ranking of the cohort.
    NotRanked(i64),
}

impl RuleViolation for RankingViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::WeightsMissing(date) => {
                let message = format!("there are figures, and no weights are in force on {date}; publish weights first");
                ApiError::new(Reason::ScoreWeightsMissing, message).with("date", date)
            }
            Self::NotRanked(count) => {
                let message =
                    format!("{count} submitted nominations of the cohort are not in its newest ranking; rank them first");
                ApiError::new(Reason::NominationsNotRanked, message).with("nominations_count", count)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ranking::Figures;

    const WEIGHTS: Weights = Weights { prior_schools: 10, area_permille: 700, region_permille: 300 };

    fn candidate(number: usize, urn: i64, submitted: i64, never: Option<i64>) -> Candidate {
        let figures = |never| Figures { schools: 20, never, region_schools: 200, region_never: 90 };
        Candidate {
            nomination: NominationId::trusted(format!("n{number}")),
            urn: Urn::trusted(urn),
            submit_time: Instant::from_micros(submitted),
            person: PersonId::trusted(format!("{number}")),
            area: never.map(|never| Area { old_la_code: format!("8{never:02}"), figures: figures(never) }),
        }
    }

    fn order(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.nomination.as_str()).collect()
    }

    /// Candidates of a few schools, instants and shares, so that many candidates are equal.
    fn any_candidates() -> impl Strategy<Value = (Vec<Candidate>, Vec<Candidate>)> {
        let one = (100_000_i64..100_003, 0_i64..3, proptest::option::of(0_i64..4));
        proptest::collection::vec(one, 0..40).prop_flat_map(|all| {
            let all: Vec<_> = all
                .into_iter()
                .enumerate()
                .map(|(number, (urn, submitted, never))| candidate(number, urn, submitted, never))
                .collect();
            (Just(all.clone()), Just(all).prop_shuffle())
        })
    }

    #[test]
    fn the_colder_area_comes_first_then_the_earlier_submission_and_candidates_without_figures_last() {
        let candidates = vec![
            candidate(1, 100_001, 1, None),
            candidate(2, 100_002, 3, Some(9)),
            candidate(3, 100_003, 4, Some(15)),
            candidate(4, 100_004, 2, Some(9)),
        ];
        assert_eq!(order(&rank(candidates.clone(), Some(WEIGHTS))), ["n3", "n4", "n2", "n1"]);
        assert_eq!(order(&rank(candidates, None)), ["n1", "n4", "n2", "n3"], "without weights the order is that of submission");
    }

    proptest! {
        #[test]
        fn the_order_of_the_candidates_does_not_change_the_ranking((all, shuffled) in any_candidates()) {
            prop_assert_eq!(rank(all, Some(WEIGHTS)), rank(shuffled, Some(WEIGHTS)));
        }

        #[test]
        fn of_equal_candidates_the_one_of_the_colder_authority_comes_first(one in 0_i64..=20, other in 0_i64..=20, area in 1_i64..=1_000) {
            prop_assume!(one != other);
            let weights = Weights { prior_schools: 10, area_permille: area, region_permille: 1_000 - area };
            let entries = rank(vec![candidate(1, 100_001, 1, Some(one)), candidate(2, 100_001, 1, Some(other))], Some(weights));
            prop_assert_eq!(entries[0].nomination.as_str(), if one > other { "n1" } else { "n2" });
        }
    }
}
