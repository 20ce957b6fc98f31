//! December 2024 replayed with made-up schools. DfE had published the engagement of 2023-24 by the schools that had signed up by February. It restated it down
//! by two points for primary and for secondary, and the growth of primary from four points to two, because some of them had not taken part.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::{collections::BTreeSet, path::Path};

use analytics::{Cause, Draft, Level, Measure, Measurer, Phase, Reach, Stage, permille};
use proto::enrolment::v1::Participation;
use world::*;

const FOR_PRIMARY: &str = "primary-teaching-for-mastery";
const FOR_SECONDARY: &str = "secondary-teaching-for-mastery";
const FEBRUARY: &str = "2024-02-29";
const AUGUST: &str = "2024-08-31";
/// Schools that had signed up; in July it was recorded that they had given their places back before the year began.
const MOVED: [i32; 3] = [100_053, 100_054, 200_030];

/// Of 100 primary schools 50 enrol in 2022-23 for two years, of 50 secondary schools 28; four and two more sign up for 2023-24.
fn signed_up() -> (World, Vec<Participation>) {
    let mut world = World::default();
    let schools = || -> Vec<_> {
        let primary = (100_001..=100_100).map(|urn| school(urn, PRIMARY));
        primary.chain((200_001..=200_050).map(|urn| school(urn, SECONDARY))).collect()
    };
    world.register("2022-09-01", schools(), vec![]).register("2023-09-01", schools(), vec![]);
    let mut moved = Vec::new();
    for (year, primary, secondary) in
        [("2022/23", 100_001..=100_050, 200_001..=200_028), ("2023/24", 100_051..=100_054, 200_029..=200_030)]
    {
        world.round(year, FOR_PRIMARY, &[PRIMARY]).round(year, FOR_SECONDARY, &[SECONDARY]);
        let schools = primary.map(|urn| (urn, FOR_PRIMARY)).chain(secondary.map(|urn| (urn, FOR_SECONDARY)));
        for (urn, programme) in schools {
            let participation = world.enrols(urn, programme, year);
            if MOVED.contains(&urn) {
                moved.push(participation);
            }
        }
    }
    (world, moved)
}

fn measured(lake: &Path, on: &str) -> Reach {
    Measurer::new(lake).measure(&Measure::on(day(on), day(on))).unwrap()
}

/// Tenths of a percent of the phase's schools that were enrolled in a year.
fn enrolled(reach: &Reach, of: &str, phase: Phase) -> i64 {
    let figure = reach.find_figure(year(of), &Level::National, None, Some(phase), Stage::Enrolled).unwrap();
    permille(figure.reached_count, figure.schools_count).into()
}

#[test]
fn february_and_august_of_one_year_differ_by_the_schools_that_left_and_both_can_be_measured_for_ever() {
    let (mut world, moved) = signed_up();
    let in_february = measured(world.lake().path(), FEBRUARY);
    for participation in &moved {
        world.gives_back(participation, "2023-08-25", "2024-07-15");
    }
    let lake = world.lake();
    let in_august = measured(lake.path(), AUGUST);

    let points = |phase| enrolled(&in_august, "2023/24", phase) - enrolled(&in_february, "2023/24", phase);
    assert_eq!((points(Phase::Primary), points(Phase::Secondary)), (-20, -20), "two points down in each phase");
    let growth = |reach| enrolled(reach, "2023/24", Phase::Primary) - enrolled(reach, "2022/23", Phase::Primary);
    assert_eq!((growth(&in_february), growth(&in_august)), (40, 20));

    // Every school that moved is listed, because its withdrawal was learned, and no other.
    let [earlier, later] = [FEBRUARY, AUGUST].map(|on| Measure::on(day(on), day(on)));
    let changes = Measurer::new(lake.path()).explain(&earlier, &later).unwrap();
    let listed: BTreeSet<i32> = changes.iter().map(|change| change.urn).collect();
    assert_eq!(listed, BTreeSet::from(MOVED));
    assert!(changes.iter().all(|change| change.cause == Cause::Learned && change.stage == Stage::Enrolled));

    // February measured again after August: the same files.
    let content = |reach: &Reach| Draft::new(reach).content_sha256().to_owned();
    assert_eq!(content(&measured(lake.path(), FEBRUARY)), content(&in_february));
    assert_eq!(content(&measured(lake.path(), AUGUST)), content(&in_august));
    assert_ne!(content(&in_august), content(&in_february));
}
