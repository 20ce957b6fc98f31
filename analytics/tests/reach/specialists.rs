//! A specialist's school counts as reached from a policy that says so.

use std::collections::BTreeSet;

use analytics::{Cause, Level, Measure, Measurer, Phase, Stage};
use proto::network::v1::ReachStage;

use crate::{TFM, world::*};

const RULE: (ReachStage, i32, i32) = (ReachStage::Enrolled, 10, 10);

/// Six primary schools, of which the first takes part. Of the others three nominate teachers for a cohort of 2018/19: two are selected, and one of these
/// leaves before the year begins. Policies from 2018 and 2019: the later one counts specialists.
fn world() -> World {
    let mut world = World::default();
    world.register("2018-09-01", (100_001..=100_006).map(|urn| school(urn, PRIMARY)).collect(), vec![]);
    world.round("2018/19", TFM, &[PRIMARY]);
    world.policy("2018-01-15", "2018-09-01", RULE).policy("2018-12-15", "2019-01-01", RULE).counts_specialists();
    world.enrols(100_001, TFM, "2018/19");
    world.cohort("five", TFM, "2018/19");
    world.nominates(100_002, "five", "2018-03-01");
    let [stays, leaves] = [100_003, 100_004].map(|urn| world.nominates(urn, "five", "2018-03-01"));
    world.selects(&stays, "2018-06-01").selects(&leaves, "2018-06-01").takes_nomination_back(&leaves, "2018-08-31");
    world
}

fn reached(world: &World, on: &str) -> [u32; 2] {
    let reach = world.measured_on(on);
    [Stage::Applied, Stage::Enrolled].map(|stage| {
        let figure = reach.find_figure(year("2018/19"), &Level::National, Some(TFM), Some(Phase::Primary), stage).unwrap();
        figure.reached_count
    })
}

#[test]
fn schools_of_specialists_count_from_the_policy_that_says_so() {
    let world = world();
    assert_eq!(reached(&world, "2018-12-31"), [1, 1]);
    assert_eq!(reached(&world, "2019-01-01"), [4, 2]);
}

#[test]
fn the_effect_of_another_policy_is_explained_school_by_school() {
    let lake = world().lake();
    let [earlier, later] = ["2018-12-31", "2019-01-01"].map(|on| Measure::on(day(on), day(on)));
    let changes = Measurer::new(lake.path()).explain(&earlier, &later).unwrap();
    let of = |stage| -> BTreeSet<i32> {
        let changes = changes.iter().filter(|change| change.stage == stage && change.programme.as_deref() == Some(TFM));
        changes.inspect(|change| assert_eq!(change.cause, Cause::Decided)).map(|change| change.urn).collect()
    };
    assert_eq!(
        (of(Stage::Applied), of(Stage::Enrolled)),
        (BTreeSet::from([100_002, 100_003, 100_004]), BTreeSet::from([100_003]))
    );
}

#[test]
fn a_cohort_of_a_programme_without_a_round_makes_it_a_programme_of_the_year() {
    let mut world = world();
    world.cohort("six", "another", "2018/19");
    let nomination = world.nominates(100_005, "six", "2018-03-01");
    world.selects(&nomination, "2018-06-01");
    let reach = world.measured_on("2019-01-01");
    let figure =
        reach.find_figure(year("2018/19"), &Level::National, Some("another"), Some(Phase::Primary), Stage::Enrolled).unwrap();
    assert_eq!((figure.schools_count, figure.reached_count), (6, 1));
}
