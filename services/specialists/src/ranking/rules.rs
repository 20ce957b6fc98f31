//! The order of a cohort's nominations.

use std::cmp::Reverse;

use time::Instant;

use super::{CohortId, Figures, NominationId, Urn, Weights};

/// A nomination to be ranked. Outside tests it has no `Debug`: it holds an address that must not come into a log by chance.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Candidate {
    pub(crate) nomination: NominationId,
    pub(crate) urn: Urn,
    pub(crate) submit_time: Instant,
    /// What tells two persons apart. It is looked at and not kept.
    pub(crate) email_address: String,
    /// Code and figures of the school's authority; None when there are none.
    pub(crate) area: Option<(String, Figures)>,
}

/// Where a candidate came, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) nomination: NominationId,
    /// From 1.
    pub(crate) rank: i64,
    /// Code, figures and what they come to.
    pub(crate) scored: Option<(String, Figures, i64)>,
}

/// Ranks candidates: the higher score first, those without a score last, then the sooner submitted, then the lower URN, then by email address, which
/// no two persons share. Nothing of it depends on the order in which nominations were written down, as their ids and those of new persons do.
pub(crate) fn rank(candidates: Vec<Candidate>, weights: Option<Weights>) -> Vec<Entry> {
    let score = |candidate: &Candidate| {
        candidate
            .area
            .as_ref()
            .zip(weights)
            .map(|((code, figures), weights)| (code.clone(), *figures, figures.score_ppm(weights)))
    };
    let mut scored: Vec<_> = candidates.into_iter().map(|candidate| (score(&candidate), candidate)).collect();
    scored.sort_by(|(left_score, left), (right_score, right)| {
        let key = |scored: &Option<(String, Figures, i64)>| Reverse(scored.as_ref().map_or(-1, |(_, _, ppm)| *ppm));
        (key(left_score), left.submit_time, left.urn, &left.email_address).cmp(&(
            key(right_score),
            right.submit_time,
            right.urn,
            &right.email_address,
        ))
    });
    let entry =
        |(rank, (scored, candidate)): (i64, (Option<_>, Candidate))| Entry { nomination: candidate.nomination, rank, scored };
    (1..).zip(scored).map(entry).collect()
}

/// A ranking as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ranking {
    pub(crate) cohort: CohortId,
    /// From 1.
    pub(crate) number: i64,
    pub(crate) rank_time: Instant,
    pub(crate) actor: String,
    /// Publication and version of the weights. None when the order is that of submission, for want of figures.
    pub(crate) ground: Option<(String, i64)>,
    pub(crate) nominations_count: i64,
    pub(crate) scored_count: i64,
}

impl Ranking {
    /// The resource's name.
    pub(crate) fn name(&self) -> String {
        format!("{}/rankings/{}", self.cohort, self.number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WEIGHTS: Weights = Weights { prior_schools: 10, area_permille: 700, region_permille: 300 };

    fn candidate(number: usize, urn: i64, submitted: i64, never: Option<i64>) -> Candidate {
        let figures = |never| Figures { schools: 20, never, region_schools: 200, region_never: 90 };
        Candidate {
            nomination: NominationId::trusted(format!("n{number}")),
            urn: Urn::trusted(urn),
            submit_time: Instant::from_micros(submitted),
            email_address: format!("{number}@school.example"),
            area: never.map(|never| (format!("8{never:02}"), figures(never))),
        }
    }

    fn order(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.nomination.as_str()).collect()
    }

    /// Few schools, instants and shares, so that many are equal.
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
    fn the_colder_area_comes_first_then_the_sooner_and_those_without_a_figure_last() {
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
        fn nominations_permuted_give_one_ranking((all, shuffled) in any_candidates()) {
            prop_assert_eq!(rank(all, Some(WEIGHTS)), rank(shuffled, Some(WEIGHTS)));
        }

        #[test]
        fn with_equal_candidates_the_colder_authority_wins(one in 0_i64..=20, other in 0_i64..=20, area in 1_i64..=1_000) {
            prop_assume!(one != other);
            let weights = Weights { prior_schools: 10, area_permille: area, region_permille: 1_000 - area };
            let entries = rank(vec![candidate(1, 100_001, 1, Some(one)), candidate(2, 100_001, 1, Some(other))], Some(weights));
            prop_assert_eq!(entries[0].nomination.as_str(), if one > other { "n1" } else { "n2" });
        }
    }
}
