//! The score of a nomination: how little its area was reached.

use crate::score_weights::Weights;

/// Counts of eligible schools of an authority and of its region, for one programme and phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Schools of the authority. More than 0.
    pub(crate) schools: i64,
    /// Of these, schools never reached.
    pub(crate) never: i64,
    /// Schools of the region. More than 0.
    pub(crate) region_schools: i64,
    /// Of these, schools never reached.
    pub(crate) region_never: i64,
}

impl Figures {
    /// The score in parts per million, rounded half up **once, at the end**, from whole numbers. With k the prior schools and r the region's share of
    /// schools never reached, it is (area_permille × (never + k × r) ÷ (schools + k) + region_permille × r) ÷ 1000. With all the weight on the area it
    /// equals, to the digit, the coldness that reach publishes for the same k. Rounding r first would change the last digit.
    pub(crate) fn score_ppm(&self, weights: Weights) -> i64 {
        let Weights { prior_schools: k, area_permille, region_permille } = weights;
        let [schools, never, region_schools, region_never] =
            [self.schools, self.never, self.region_schools, self.region_never].map(i128::from);
        let [k, area_permille, region_permille] = [k, area_permille, region_permille].map(i128::from);
        let drawn = never * region_schools + k * region_never;
        let above = (area_permille * drawn + region_permille * region_never * (schools + k)) * 1_000;
        let below = region_schools * (schools + k);
        i64::try_from((above * 2 + below).div_euclid(below * 2)).expect("a share of one million fits")
    }
}

/// An authority with its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Area {
    /// Three-digit code of the authority.
    pub(crate) old_la_code: String,
    pub(crate) figures: Figures,
}

/// The score that an area's figures give by some weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AreaScore {
    pub(crate) area: Area,
    pub(crate) ppm: i64,
}

/// A score with all its inputs, so that it can be calculated again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) ppm: i64,
    pub(crate) figures: Figures,
    pub(crate) weights: Weights,
    /// Version of the weights.
    pub(crate) weights_version: i64,
    /// Name of the publication.
    pub(crate) publication: String,
    pub(crate) old_la_code: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn weights(prior_schools: i64, area_permille: i64) -> Weights {
        Weights { prior_schools, area_permille, region_permille: 1_000 - area_permille }
    }

    /// The coldness that reach publishes, calculated here by the contract: (never + k × region's share) ÷ (schools + k), rounded half up.
    fn coldness_ppm(figures: &Figures, k: i64) -> i64 {
        let [never, schools] = [figures.never, figures.schools].map(i128::from);
        let [region_never, region_schools, k] = [figures.region_never, figures.region_schools, k].map(i128::from);
        let (above, below) = ((never * region_schools + k * region_never) * 1_000_000, region_schools * (schools + k));
        i64::try_from((above * 2 + below) / (below * 2)).expect("it fits")
    }

    fn any_figures() -> impl Strategy<Value = Figures> {
        (1_i64..400, 0_i64..3_000).prop_flat_map(|(schools, more)| {
            let region_schools = schools + more;
            (0..=schools, 0..=more).prop_map(move |(never, region_more)| Figures {
                schools,
                never,
                region_schools,
                region_never: never + region_more,
            })
        })
    }

    #[test]
    fn the_share_of_a_small_area_moves_towards_its_region_and_the_region_counts_too() {
        let figures = Figures { schools: 3, never: 3, region_schools: 100, region_never: 50 };
        // (3 + 5) / 13, as reach calculates it.
        assert_eq!(figures.score_ppm(weights(10, 1_000)), 615_385);
        assert_eq!(figures.score_ppm(weights(0, 1_000)), 1_000_000);
        assert_eq!(figures.score_ppm(weights(10, 0)), 500_000);
        // 0.7 × 8/13 + 0.3 × 0.5.
        assert_eq!(figures.score_ppm(weights(10, 700)), 580_769);
    }

    proptest! {
        #[test]
        fn with_all_the_weight_on_the_area_the_score_is_the_coldness_that_reach_publishes(figures in any_figures(), k in 0_i64..=1_000) {
            prop_assert_eq!(figures.score_ppm(weights(k, 1_000)), coldness_ppm(&figures, k));
        }

        #[test]
        fn the_score_is_a_share_and_never_falls_when_more_schools_were_never_reached(
            figures in any_figures(), k in 0_i64..=1_000, area in 0_i64..=1_000,
        ) {
            let score = figures.score_ppm(weights(k, area));
            prop_assert!((0..=1_000_000).contains(&score));
            // One more school of the authority is never reached; its region is the same.
            if figures.never < figures.schools && figures.never < figures.region_never {
                let colder = Figures { never: figures.never + 1, ..figures };
                prop_assert!(colder.score_ppm(weights(k, area)) >= score);
            }
        }
    }
}
