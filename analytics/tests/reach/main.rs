//! Reach of schools, with figures calculated by hand.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod denominators;
mod lineage;
mod registers;
mod specialists;
#[path = "../world/mod.rs"]
mod world;

use analytics::{
    FigureState, Level, Measure, Measurer, Phase, REGIONS, Stage,
    lake::{Batch, Lake},
};
use world::*;

const TFM: &str = "teaching-for-mastery";

#[test]
fn a_school_that_closed_is_outside_the_denominator_and_counted_with_its_reason() {
    let mut world = World::default();
    let mut special = school(100003, PRIMARY);
    (special.phase_code, special.education_phase) = (0, 0);
    special.register_reason = proto::network::v1::RegisterReason::PhaseNotCounted.into();
    world.register("2018-09-01", vec![closed(school(100001, PRIMARY), "2018-08-31"), school(100002, PRIMARY), special], vec![]);
    world.round("2018/19", TFM, &[PRIMARY]);
    for urn in [100001, 100002, 100003, 999999] {
        world.enrols(urn, TFM, "2018/19");
    }
    let reach = world.measured_on("2018-12-01");
    assert_eq!(england(&reach, "2018/19", Stage::Enrolled), (1, 1, 1));
    let outside: Vec<_> = reach.years.last().unwrap().outside_counts.iter().map(|(reason, count)| (*reason, *count)).collect();
    assert_eq!(outside, [("closed", 1), ("phase_not_counted", 1), ("urn_not_in_register", 1)]);
}

#[test]
fn a_school_is_enrolled_in_its_second_year_while_it_still_takes_part_on_the_first_day() {
    let schools = || (1..=4).map(|n| opened(school(100000 + n, PRIMARY), "1990-09-01")).collect::<Vec<_>>();
    let mut world = World::default();
    world.register("2019-09-01", schools(), vec![]);
    world.round("2017/18", TFM, &[PRIMARY]);
    let stays = world.enrols(100001, TFM, "2017/18");
    let leaves_in_the_first = world.enrols(100002, TFM, "2017/18");
    let leaves_on_the_day = world.enrols(100003, TFM, "2017/18");
    world.starts(&stays, "2017/18", "2017-09-11").completes(&stays, "2017/18", "2018-07-10");
    world.leaves(&leaves_in_the_first, "2018-08-31").leaves(&leaves_on_the_day, "2018-09-01");
    world.starts(&stays, "2018/19", "2018-09-12");
    let reach = world.measured_on("2019-09-02");
    assert_eq!(england(&reach, "2017/18", Stage::Enrolled), (4, 3, 3));
    assert_eq!(england(&reach, "2018/19", Stage::Enrolled), (4, 2, 3));
    assert_eq!(england(&reach, "2018/19", Stage::Applied), (4, 0, 3));
    assert_eq!(england(&reach, "2018/19", Stage::Active), (4, 1, 1));
    assert_eq!(england(&reach, "2018/19", Stage::Completed), (4, 0, 1));
    // The programme has no third year: nothing is played, all values are z.
    let third = reach.find_figure(year("2019/20"), &Level::National, None, None, Stage::Enrolled).unwrap();
    assert_eq!(third.state, FigureState::NotPlayed);
}

#[test]
fn a_place_given_back_before_the_start_is_applied_and_not_enrolled() {
    let mut world = World::default();
    world.register("2018-09-01", vec![school(100001, PRIMARY)], vec![]);
    world.round("2018/19", TFM, &[PRIMARY]);
    let application = world.applies(100001, TFM, "2018/19");
    world.accepts(&application, "2018/19");
    world.takes_back(&application, "2018-08-20");
    let reach = world.measured_on("2018-12-01");
    assert_eq!(england(&reach, "2018/19", Stage::Applied), (1, 1, 1));
    assert_eq!(england(&reach, "2018/19", Stage::Enrolled), (1, 0, 0));
}

#[test]
fn known_on_excludes_later_records_and_true_on_excludes_later_facts() {
    let mut world = World::default();
    world.register("2018-09-01", vec![school(100001, PRIMARY)], vec![]);
    world.round("2018/19", TFM, &[PRIMARY]);
    let participation = world.enrols(100001, TFM, "2018/19");
    world.starts(&participation, "2018/19", "2018-09-10");
    world.completes(&participation, "2018/19", "2019-07-10").recorded_late("2019-10-03");
    let completed = |true_on: &str, known_on: &str| {
        let reach = world.try_measure(&Measure::on(day(true_on), day(known_on))).unwrap();
        england(&reach, "2018/19", Stage::Completed).1
    };
    assert_eq!(completed("2019-08-31", "2019-08-31"), 0);
    assert_eq!(completed("2019-08-31", "2019-10-02"), 0);
    assert_eq!(completed("2019-08-31", "2019-10-03"), 1);
    assert_eq!(completed("2019-07-09", "2019-10-03"), 0);
    assert_eq!(completed("2019-07-10", "2019-10-03"), 1);
}

#[test]
fn a_phase_without_programme_and_a_region_without_schools_are_z() {
    let mut world = World::default();
    world.register("2018-09-01", vec![school(100001, PRIMARY), school(100002, SECONDARY)], vec![]);
    world.round("2018/19", TFM, &[PRIMARY]);
    world.enrols(100001, TFM, "2018/19");
    let reach = world.measured_on("2018-12-01");
    let figure = |level, phase| reach.find_figure(year("2018/19"), &level, Some(TFM), phase, Stage::Enrolled).unwrap();
    assert_eq!(figure(Level::National, Some(Phase::Secondary)).state, FigureState::NotPlayed);
    assert_eq!(figure(Level::National, None).schools_count, 1);
    let empty = figure(Level::Regional(REGIONS[0]), Some(Phase::Primary));
    assert_eq!((empty.state, empty.schools_count), (FigureState::NoSchools, 0));
}

#[test]
fn a_school_of_two_programmes_counts_once_in_the_total_and_an_all_through_school_once_in_all_phases() {
    let mut world = World::default();
    world.register("2018-09-01", vec![school(100001, ALL_THROUGH), school(100002, PRIMARY)], vec![]);
    world.round("2018/19", TFM, &[PRIMARY, ALL_THROUGH]).round("2018/19", "another", &[SECONDARY, ALL_THROUGH]);
    world.enrols(100001, TFM, "2018/19");
    world.enrols(100001, "another", "2018/19");
    let reach = world.measured_on("2018-12-01");
    assert_eq!(england(&reach, "2018/19", Stage::Enrolled), (2, 1, 1));
    let of = |programme| reach.find_figure(year("2018/19"), &Level::National, Some(programme), None, Stage::Enrolled).unwrap();
    assert_eq!((of(TFM).schools_count, of(TFM).reached_count), (2, 1));
    assert_eq!((of("another").schools_count, of("another").reached_count), (1, 1));
}

#[test]
fn an_ended_programme_counts_in_the_total_since_the_first_year() {
    let mut world = World::default();
    world.register("2018-09-01", vec![school(100001, PRIMARY)], vec![]);
    world.round("2014/15", "ended", &[PRIMARY]).round("2018/19", TFM, &[PRIMARY]);
    world.enrols(100001, "ended", "2014/15");
    let reach = world.measured_on("2018-12-01");
    assert_eq!(england(&reach, "2018/19", Stage::Enrolled), (1, 0, 1));
    let own = reach.find_figure(year("2018/19"), &Level::National, Some(TFM), None, Stage::Enrolled).unwrap();
    assert_eq!(own.reached_since_count, 0);
}

#[test]
fn an_earlier_measurement_does_not_influence_a_later_one() {
    let mut world = World::default();
    world.register("2018-09-01", vec![school(100001, PRIMARY), school(100002, PRIMARY)], vec![]);
    world.round("2018/19", TFM, &[PRIMARY]);
    let participation = world.enrols(100001, TFM, "2018/19");
    world.completes(&participation, "2018/19", "2019-07-10").recorded_late("2019-10-03");
    let lake = world.lake();
    let mut measurer = Measurer::new(lake.path());
    let mut completed = |known_on: &str| {
        let options = Measure::on(day("2019-08-31"), day(known_on));
        let reach = measurer.measure(&options).unwrap();
        assert!(reach == analytics::measure(lake.path(), &options).unwrap(), "as known on {known_on}");
        england(&reach, "2018/19", Stage::Completed).1
    };
    // Excluded events are read when they are known, and excluded again on an earlier day.
    assert_eq!(["2019-09-01", "2019-10-03", "2019-10-04", "2019-10-02"].map(&mut completed), [0, 1, 1, 0]);

    let before = world.enrolment.len();
    let second = world.enrols(100002, TFM, "2018/19");
    world.completes(&second, "2018/19", "2019-07-11");
    let mut events = world.enrolment.split_off(before);
    for (event, position) in events.iter_mut().zip(i64::try_from(before).unwrap() + 1..) {
        event.position = position;
        event.epoch = "epoch of enrolment".into();
    }
    let batch = Batch { source: "enrolment".into(), cursor: "later".into(), events };
    Lake::open(lake.path()).unwrap().append(&[batch], time::Instant::from_micros(1)).unwrap();
    assert_eq!(["2019-10-05", "2019-10-02", "2019-10-05"].map(&mut completed), [2, 1, 2]);
}

#[test]
fn an_event_that_cannot_be_read_is_named() {
    let mut world = World::default();
    world.register("2018-09-01", vec![school(100001, PRIMARY)], vec![]);
    world.round("2018/19", TFM, &[PRIMARY]);
    world.enrols(100001, TFM, "2018/19");
    world.enrolment[1].payload = vec![0xff];
    let error = world.try_measure(&Measure::on(day("2018-12-01"), day("2018-12-01"))).unwrap_err().to_string();
    assert!(error.starts_with("the enrolment service's event 2 (mathshubs.enrolment.v1.ApplicationSubmitted)"), "{error}");
}

/// The first year with the programme is new, later ones continue, also through an academy's predecessor; another programme is new again, the total is
/// not.
#[test]
fn new_and_continuing_schools_are_counted_apart() {
    let mut world = World::default();
    world.round("2017/18", "primary", &[ALL_THROUGH]).round("2018/19", "primary", &[ALL_THROUGH]).round(
        "2018/19",
        "secondary",
        &[ALL_THROUGH],
    );
    world.register(
        "2018-09-01",
        vec![
            closed(school(100_001, ALL_THROUGH), "2018-08-31"),
            school(140_001, ALL_THROUGH),
            school(100_002, ALL_THROUGH),
            school(100_003, ALL_THROUGH),
        ],
        vec![link(100_001, 140_001, "2018-08-31")],
    );
    world.enrols(100_001, "primary", "2017/18");
    world.enrols(100_002, "primary", "2018/19");
    world.enrols(140_001, "secondary", "2018/19");
    world.enrols(100_003, "secondary", "2018/19");
    let reach = world.measured_on("2018-12-01");
    let counts = |of: &str, programme: Option<&str>| {
        let figure = reach.find_figure(year(of), &Level::National, programme, None, Stage::Enrolled).unwrap();
        (figure.reached_count, figure.reached_new_count)
    };
    assert_eq!(counts("2017/18", Some("primary")), (1, 1));
    assert_eq!(counts("2018/19", Some("primary")), (2, 1));
    assert_eq!(counts("2018/19", Some("secondary")), (2, 2));
    assert_eq!(counts("2018/19", None), (3, 2));
}

/// Two schools never started the year, recorded in November: one had given its place back in August, the other in October.
#[test]
fn a_place_is_given_back_on_its_stated_day_not_on_the_day_of_recording() {
    let mut world = World::default();
    world.register("2018-09-01", vec![school(100_001, PRIMARY), school(100_002, PRIMARY)], vec![]).round(
        "2018/19",
        TFM,
        &[PRIMARY],
    );
    for (urn, given_back) in [(100_001, "2018-08-20"), (100_002, "2018-10-20")] {
        let participation = world.enrols(urn, TFM, "2018/19");
        world.gives_back(&participation, given_back, "2018-11-26");
    }
    assert_eq!(england(&world.measured_on("2018-12-01"), "2018/19", Stage::Enrolled), (2, 1, 1));
}
