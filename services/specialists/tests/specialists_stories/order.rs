//! The order is the same however nominations come, and can be made again from what is stored.

use proto::specialists::v1 as pb;

use crate::stage::*;

const FIGURES: [Area; 3] = [Area("801", [7, 5], [211, 97]), Area("802", [31, 12], [211, 97]), Area("803", [13, 13], [389, 101])];

/// School and number of the teacher: two of one school, three areas, one without figures.
const NOMINEES: [(i64, i64); 6] = [(100_010, 1), (100_010, 2), (100_020, 3), (100_021, 4), (100_030, 5), (100_040, 6)];

/// All nominated at one instant, in an order; schools and addresses by rank.
async fn play(database: &db::testing::TestDatabase, order: [usize; 6]) -> Vec<(String, String)> {
    let stage = Stage::with_cohort(database).await;
    let ncetm = stage.ncetm();
    stage.reach("january", noon("2019-01-20"), "2019-01-15", &FIGURES).await;
    for place in order {
        let (urn, number) = NOMINEES[place];
        ncetm.nominate_as(nomination(COHORT, urn, NORTH, teacher(number))).await.unwrap();
    }
    stage.clock.move_to(noon(AFTER));
    ncetm.rank().await.unwrap();
    let mut selected = Vec::new();
    for nomination in ncetm.select("", 6).await.unwrap() {
        selected.push((nomination.school, ncetm.nominee(&nomination.person).await.unwrap().email_address));
    }
    selected
}

#[tokio::test]
async fn nominations_that_come_in_another_order_are_ranked_the_same() {
    let mut rankings = Vec::new();
    for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 5, 1, 4, 0, 3]] {
        for database in db::testing::databases().await {
            rankings.push(play(&database, order).await);
        }
    }
    assert_eq!(rankings[0].len(), 6);
    assert!(rankings.iter().all(|ranking| *ranking == rankings[0]), "{rankings:#?}");
}

#[tokio::test]
async fn what_is_stored_makes_the_score_again_to_the_digit() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        let ncetm = stage.ncetm();
        stage.reach("january", noon("2019-01-20"), "2019-01-15", &FIGURES).await;
        for (urn, number) in NOMINEES {
            ncetm.nominate_as(nomination(COHORT, urn, NORTH, teacher(number))).await.unwrap();
        }
        ncetm.rank().await.unwrap();
        let nominations = ncetm.nominations().await.unwrap();
        let standings: Vec<pb::Standing> = nominations.into_iter().map(|nomination| nomination.standing.unwrap()).collect();
        assert_eq!(standings.iter().filter(|standing| standing.inputs.is_some()).count(), 5);
        for standing in standings {
            let Some(inputs) = standing.inputs else { continue };
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
            // The formula of the contract over one denominator, rounded half up.
            let below = region_schools * (schools + prior) * 1_000;
            let above = area * (never * region_schools + prior * region_never) + region * region_never * (schools + prior);
            let again = (2 * above * 1_000_000 + below) / (2 * below);
            assert_eq!(standing.score_ppm.map(i128::from), Some(again), "{inputs:?}");
        }
    }
}

#[tokio::test]
async fn of_two_that_are_equal_otherwise_the_one_of_the_colder_authority_wins() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        let figures = [Area("801", [20, 9], [200, 90]), Area("802", [20, 10], [200, 90])];
        stage.reach("january", noon("2019-01-20"), "2019-01-15", &figures).await;
        stage.ncetm().nominate(100_010, NORTH).await.unwrap();
        stage.ncetm().nominate(100_020, NORTH).await.unwrap();
        stage.clock.move_to(noon(AFTER));
        stage.ncetm().rank().await.unwrap();
        assert_eq!(schools_of(&stage.ncetm().select("", 1).await.unwrap()), [school(100_020)]);
    }
}
