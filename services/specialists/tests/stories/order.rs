//! Order: it does not depend on the order of recording, and can be calculated again from what is stored.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use proto::specialists::v1 as pb;

use crate::fixture::*;

const FIGURES: [Area; 3] = [Area("801", [7, 5], [211, 97]), Area("802", [31, 12], [211, 97]), Area("803", [13, 13], [389, 101])];

/// School and number of the teacher: two teachers of one school; three areas with figures and one without.
const NOMINEES: [(i64, i64); 6] = [(100_010, 1), (100_010, 2), (100_020, 3), (100_021, 4), (100_030, 5), (100_040, 6)];

/// Nominates all at one instant, in this order. Gives schools and persons by rank.
async fn ranked_when_nominated_in(database: &db::testing::TestDatabase, order: [usize; 6]) -> Vec<(String, String)> {
    let fixture = Fixture::with_cohort(database).await;
    let ncetm = fixture.ncetm();
    fixture.reach("january", noon("2019-01-20"), "2019-01-15", &FIGURES).await;
    for place in order {
        let (urn, number) = NOMINEES[place];
        ncetm.nominate_as(nomination(COHORT, urn, NORTH, teacher(number))).await.unwrap();
    }
    fixture.clock.move_to(noon(AFTER));
    ncetm.rank().await.unwrap();
    let mut selected = Vec::new();
    for nomination in ncetm.select("", 6).await.unwrap() {
        selected.push((nomination.school, nomination.person));
    }
    selected
}

#[tokio::test]
async fn nominations_recorded_in_another_order_are_ranked_the_same() {
    let mut rankings = Vec::new();
    for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 5, 1, 4, 0, 3]] {
        for database in db::testing::databases().await {
            rankings.push(ranked_when_nominated_in(&database, order).await);
        }
    }
    assert_eq!(rankings[0].len(), 6);
    assert!(rankings.iter().all(|ranking| *ranking == rankings[0]), "{rankings:#?}");
}

/// The score of a nomination, calculated from the inputs in its standing: the formula of the contract over one denominator, rounded half up.
fn score_again(inputs: &pb::ScoreInputs) -> i128 {
    let [schools, never, region_schools, region_never, prior, area, region] = [
        inputs.schools_count,
        inputs.schools_never_reached_count,
        inputs.region_schools_count,
        inputs.region_schools_never_reached_count,
        inputs.prior_schools_count,
        inputs.area_permille,
        inputs.region_permille,
    ]
    .map(i128::from);
    let below = region_schools * (schools + prior) * 1_000;
    let above = area * (never * region_schools + prior * region_never) + region * region_never * (schools + prior);
    (2 * above * 1_000_000 + below) / (2 * below)
}

/// An authority and its region: schools, and those never reached.
fn any_figures() -> impl Strategy<Value = [i64; 4]> {
    (1_i64..400, 0_i64..3_000).prop_flat_map(|(schools, more)| {
        (0..=schools, 0..=more).prop_map(move |(never, region_more)| [schools, never, schools + more, never + region_more])
    })
}

/// Ten authorities, of which some have no figures, and weights.
fn any_figures_and_weights() -> impl Strategy<Value = (Vec<Option<[i64; 4]>>, i32, i32)> {
    (proptest::collection::vec(proptest::option::weighted(0.9, any_figures()), 10), 0_i32..=1_000, 0_i32..=1_000)
}

/// Ranks one school of each authority by these figures, and calculates every score again from the answers.
async fn rank_and_make_again(database: &db::testing::TestDatabase, figures: &[Option<[i64; 4]>], prior: i32, area: i32) {
    const CODES: [&str; 10] = ["800", "801", "802", "803", "804", "805", "806", "807", "808", "809"];
    let fixture = Fixture::open(database).await;
    let ncetm = fixture.ncetm();
    ncetm.create_cohort("secondary-5", cohort()).await.unwrap();
    let weights = pb::ScoreWeights {
        prior_schools_count: prior,
        area_permille: area,
        region_permille: 1_000 - area,
        ..weights("2018-09-01")
    };
    ncetm.publish_weights(weights).await.unwrap();
    let known = CODES.into_iter().zip(figures);
    let areas: Vec<_> = known.filter_map(|(code, of)| of.map(|[a, b, c, d]| Area(code, [a, b], [c, d]))).collect();
    fixture.reach("january", noon("2019-01-20"), "2019-01-15", &areas).await;
    for authority in 0..10 {
        ncetm.nominate(100_010 + authority * 10, NORTH).await.unwrap();
    }
    ncetm.rank().await.unwrap();
    let nominations = ncetm.nominations().await.unwrap();
    let standings: Vec<_> = nominations.into_iter().map(|nomination| nomination.standing.unwrap()).collect();
    assert_eq!(standings.iter().filter(|standing| standing.inputs.is_some()).count(), areas.len());
    for standing in &standings {
        let again = standing.inputs.as_ref().map(score_again);
        assert_eq!(standing.score_ppm.map(i128::from), again, "{standing:?}");
    }
    let mut by_rank = standings;
    by_rank.sort_by_key(|standing| standing.rank);
    assert!(by_rank.is_sorted_by_key(|standing| -standing.score_ppm.unwrap_or(-1)), "the higher score has the lower rank");
    fixture.pool().close().await;
}

#[test]
fn every_score_can_be_calculated_again_from_the_stored_inputs() {
    let cases = db::testing::number_from_environment("MATHSHUBS_TEST_SEEDS", 12);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { failure_persistence: None, max_shrink_iters: 100, ..Config::with_cases(cases) });
    let ranked = runner.run(&any_figures_and_weights(), |(figures, prior, area)| {
        // A property fails by panicking; the runner catches that and looks for a smaller case.
        runtime.block_on(async {
            for database in db::testing::databases().await {
                rank_and_make_again(&database, &figures, prior, area).await;
            }
        });
        Ok(())
    });
    ranked.unwrap();
}

#[tokio::test]
async fn of_two_otherwise_equal_nominations_the_one_of_the_colder_authority_comes_first() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let figures = [Area("801", [20, 9], [200, 90]), Area("802", [20, 10], [200, 90])];
        fixture.reach("january", noon("2019-01-20"), "2019-01-15", &figures).await;
        fixture.ncetm().nominate(100_010, NORTH).await.unwrap();
        fixture.ncetm().nominate(100_020, NORTH).await.unwrap();
        fixture.clock.move_to(noon(AFTER));
        fixture.ncetm().rank().await.unwrap();
        assert_eq!(schools_of(&fixture.ncetm().select("", 1).await.unwrap()), [school(100_020)]);
    }
}
