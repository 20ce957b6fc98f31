//! Schools that interrupt their years: in which academic years they are enrolled.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use analytics::{Measure, Stage};
use proto::enrolment::v1::Participation;
use world::*;

const YEARS: [&str; 4] = ["2018/19", "2019/20", "2020/21", "2021/22"];

/// Schools with a place for the two years 2018/19 and 2019/20, in a programme that is played until 2022.
fn places<const COUNT: usize>() -> (World, [Participation; COUNT]) {
    let mut world = World::default();
    for of in YEARS {
        let schools = (100_001..=100_009).map(|urn| school(urn, PRIMARY)).collect();
        world.register(&year(of).start_date().to_string(), schools, vec![]).round(of, "mastery", &[PRIMARY]);
    }
    let mut urns = 100_001..;
    let places = [(); COUNT].map(|()| world.enrols(urns.next().unwrap(), "mastery", YEARS[0]));
    (world, places)
}

/// The schools that are enrolled in each year, as it is true and known on a day. A year that has not begun has none.
fn enrolled(world: &World, on: &str) -> [u32; 4] {
    let reach = world.measured_on(on);
    YEARS.map(|of| if year(of) <= reach.newest_year() { england(&reach, of, Stage::Enrolled).1 } else { 0 })
}

#[test]
fn a_school_that_deferred_its_first_year_is_enrolled_in_the_year_in_which_it_resumed_and_in_the_next() {
    let (mut world, [school]) = places();
    world.defers(&school, "2018-11-05").resumes(&school, "2019-09-09", 1);
    assert_eq!(enrolled(&world, "2019-08-31"), [1, 0, 0, 0]);
    assert_eq!(enrolled(&world, "2019-09-08"), [1, 0, 0, 0], "it is deferred over 1 September");
    assert_eq!(enrolled(&world, "2019-09-09"), [1, 1, 0, 0]);
    assert_eq!(enrolled(&world, "2021-12-01"), [1, 1, 1, 0]);
}

#[test]
fn a_school_is_not_enrolled_in_a_year_that_passed_while_it_was_deferred() {
    let (mut world, [between, for_good]) = places();
    world.starts(&between, "2018/19", "2018-09-10").completes(&between, "2018/19", "2019-07-10");
    let completed = Participation { years_completed_count: 1, ..between };
    world.defers(&completed, "2019-07-15").resumes(&completed, "2020-11-02", 1);
    world.defers(&for_good, "2018-11-05").leaves(&for_good, "2020-03-02");
    assert_eq!(enrolled(&world, "2020-11-01"), [2, 0, 0, 0]);
    assert_eq!(enrolled(&world, "2021-12-01"), [2, 0, 1, 0], "its second year is 2020/21");
}

#[test]
fn a_deferral_within_an_academic_year_changes_nothing() {
    let (mut world, [school]) = places();
    world.defers(&school, "2018-11-05").resumes(&school, "2019-01-07", 0);
    assert_eq!(enrolled(&world, "2021-12-01"), [1, 1, 0, 0]);
    // A school that is deferred on 1 September was not there on that day, also if that is the first day.
    let (mut world, [school]) = places();
    world.defers(&school, "2019-09-01");
    assert_eq!(enrolled(&world, "2021-12-01"), [1, 0, 0, 0]);
}

#[test]
fn a_school_that_resumed_is_enrolled_until_it_leaves() {
    let (mut world, [leaving, completing, again]) = places();
    world.defers(&leaving, "2018-11-05");
    let leaving = world.resumes(&leaving, "2019-09-09", 1);
    world.leaves(&leaving, "2020-06-30");
    world.defers(&completing, "2018-11-05");
    let completing = world.resumes(&completing, "2019-09-09", 1);
    world.completes(&Participation { state: 3, ..completing }, "2019/20", "2020-07-10");
    // Two interruptions move the years twice.
    world.defers(&again, "2018-11-05");
    let once = world.resumes(&again, "2019-09-09", 1);
    world.defers(&once, "2020-02-03");
    world.resumes(&once, "2021-01-11", 2);
    assert_eq!(enrolled(&world, "2021-12-01"), [3, 3, 1, 1]);
}

#[test]
fn a_resumption_counts_from_the_day_on_which_it_is_known() {
    let (mut world, [school]) = places();
    world.defers(&school, "2018-11-05").resumes(&school, "2019-09-09", 1);
    world.recorded_late("2019-11-04");
    let reached = |known_on: &str| {
        let reach = world.try_measure(&Measure::on(day("2019-09-30"), day(known_on))).unwrap();
        england(&reach, "2019/20", Stage::Enrolled).1
    };
    assert_eq!((reached("2019-11-03"), reached("2019-11-04")), (0, 1));
}
