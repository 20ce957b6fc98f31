//! Reach of schools, with figures calculated by hand.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use analytics::{
    Coverage, FigureState, Level, Measure, Measurer, Phase, REGIONS, Stage,
    lake::{Batch, Lake},
};
use world::*;

const TFM: &str = "teaching-for-mastery";

#[test]
fn a_school_that_academised_counts_as_reached_through_its_predecessor() {
    let mut world = World::default();
    world.register(
        "2018-09-01",
        vec![closed(school(100001, PRIMARY), "2018-08-31"), school(140001, PRIMARY), school(100002, PRIMARY)],
        vec![link(100001, 140001, "2018-09-01")],
    );
    world.round("2018/19", TFM, &[PRIMARY]);
    world.enrols(100001, TFM, "2018/19");
    let reach = world.measured_on("2018-12-01");
    assert_eq!(england(&reach, "2018/19", Stage::Applied), (2, 1, 1));
    assert_eq!(england(&reach, "2018/19", Stage::Enrolled), (2, 1, 1));
    let note = reach.years.last().unwrap();
    assert_eq!((note.inherited_count, note.split_inherited_count), (1, 0));
    assert!(note.outside_counts.is_empty());
}

#[test]
fn without_its_link_an_academy_counts_as_never_reached() {
    let mut world = World::default();
    world.register("2018-09-01", vec![closed(school(100001, PRIMARY), "2018-08-31"), school(140001, PRIMARY)], vec![]);
    world.round("2018/19", TFM, &[PRIMARY]);
    world.enrols(100001, TFM, "2018/19");
    let reach = world.measured_on("2018-12-01");
    assert_eq!(england(&reach, "2018/19", Stage::Enrolled), (1, 0, 0));
    assert_eq!(reach.years.last().unwrap().outside_counts["closed"], 1);
}

#[test]
fn a_link_counts_from_its_day_on_and_an_undated_one_always() {
    for (established, reached) in [("2018-09-02", 1), ("2018-09-01", 2), ("", 2)] {
        let mut world = World::default();
        world.register(
            "2018-09-01",
            vec![school(100001, PRIMARY), school(140001, PRIMARY)],
            vec![link(100001, 140001, established)],
        );
        world.round("2018/19", TFM, &[PRIMARY]);
        world.enrols(100001, TFM, "2018/19");
        let reach = world.measured_on("2018-12-01");
        assert_eq!(england(&reach, "2018/19", Stage::Enrolled), (2, reached, reached), "linked from `{established}`");
    }
}

#[test]
fn a_link_without_descent_has_no_effect() {
    let mut other = link(100001, 140001, "2010-09-01");
    other.kind = proto::network::v1::LinkKind::Other.into();
    let mut world = World::default();
    world.register("2018-09-01", vec![school(100001, PRIMARY), school(140001, PRIMARY)], vec![other]);
    world.round("2018/19", TFM, &[PRIMARY]);
    world.enrols(100001, TFM, "2018/19");
    assert_eq!(england(&world.measured_on("2018-12-01"), "2018/19", Stage::Enrolled), (2, 1, 1));
}

#[test]
fn a_merged_school_is_reached_once_for_any_reached_predecessors() {
    let mut world = World::default();
    let old = |urn| closed(school(urn, PRIMARY), "2018-08-31");
    world.register(
        "2018-09-01",
        vec![old(100001), old(100002), old(100003), school(140001, PRIMARY), school(100009, PRIMARY)],
        vec![link(100001, 140001, "2018-08-31"), link(100002, 140001, "2018-08-31"), link(100003, 140001, "2018-08-31")],
    );
    world.round("2018/19", TFM, &[PRIMARY]);
    world.enrols(100001, TFM, "2018/19");
    world.enrols(100002, TFM, "2018/19");
    assert_eq!(england(&world.measured_on("2018-12-01"), "2018/19", Stage::Enrolled), (2, 1, 1));
}

#[test]
fn after_a_split_each_successor_inherits_and_the_report_counts_them() {
    let mut world = World::default();
    world.register(
        "2018-09-01",
        vec![
            closed(school(100001, PRIMARY), "2018-08-31"),
            school(140001, PRIMARY),
            school(140002, PRIMARY),
            school(100009, PRIMARY),
        ],
        vec![link(100001, 140001, "2018-08-31"), link(100001, 140002, "2018-08-31")],
    );
    world.round("2018/19", TFM, &[PRIMARY]);
    world.enrols(100001, TFM, "2018/19");
    let reach = world.measured_on("2018-12-01");
    assert_eq!(england(&reach, "2018/19", Stage::Enrolled), (3, 2, 2));
    let note = reach.years.last().unwrap();
    assert_eq!((note.split_predecessors_count, note.split_inherited_count), (1, 2));
}

#[test]
fn a_school_that_closed_is_outside_the_denominator_and_counted_with_its_reason() {
    let mut world = World::default();
    let mut special = school(100003, PRIMARY);
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
fn a_register_with_blank_opening_days_covers_its_own_day_only() {
    let mut world = World::default();
    world.register("2018-09-01", vec![school(100001, PRIMARY), school(100002, PRIMARY)], vec![]);
    world.round("2017/18", TFM, &[PRIMARY]);
    world.enrols(100001, TFM, "2017/18");
    let reach = world.measured_on("2018-12-01");
    let earlier = reach.find_figure(year("2017/18"), &Level::National, None, None, Stage::Enrolled).unwrap();
    assert_eq!((earlier.state, earlier.reached_count, earlier.reached_since_count), (FigureState::NotCovered, 1, 1));
    assert_eq!(england(&reach, "2018/19", Stage::Enrolled), (2, 1, 1));
    assert_eq!(reach.newest_covered_year(), Some(year("2018/19")));
}

#[test]
fn without_a_register_an_academy_and_its_predecessor_are_one_school() {
    let mut world = World::default();
    world.register(
        "2018-09-01",
        vec![closed(school(100001, PRIMARY), "2016-08-31"), school(140001, PRIMARY)],
        vec![link(100001, 140001, "2016-09-01")],
    );
    world.round("2015/16", TFM, &[PRIMARY]).round("2016/17", "another", &[PRIMARY]);
    world.enrols(100001, TFM, "2015/16");
    world.enrols(140001, "another", "2016/17");
    let reach = world.measured_on("2018-12-01");
    assert_eq!(england(&reach, "2015/16", Stage::Enrolled), (0, 1, 1));
    assert_eq!(england(&reach, "2016/17", Stage::Enrolled), (0, 1, 1));
}

#[test]
fn opening_and_closing_days_decide_if_a_later_register_has_them_all() {
    let mut world = World::default();
    let old = opened(school(100001, PRIMARY), "1980-09-01");
    world.register(
        "2018-09-01",
        vec![
            closed(opened(school(100002, PRIMARY), "1980-09-01"), "2017-09-01"),
            closed(opened(school(100003, PRIMARY), "1980-09-01"), "2017-09-02"),
            opened(school(100004, PRIMARY), "2017-09-01"),
            opened(school(100005, PRIMARY), "2017-09-02"),
            closed(opened(school(100006, PRIMARY), "1980-09-01"), ""),
            old,
        ],
        vec![],
    );
    world.round("2017/18", TFM, &[PRIMARY]);
    let reach = world.measured_on("2018-12-01");
    // 100001, 100003 that closed a day later, and 100004 that opened on the day.
    assert_eq!(england(&reach, "2017/18", Stage::Applied), (3, 0, 0));
    // On the register's own day its status column decides: 100001, 100004 and 100005.
    assert_eq!(england(&reach, "2018/19", Stage::Applied), (3, 0, 0));
    let coverage: Vec<_> = reach.years.iter().map(|note| note.coverage).collect();
    assert_eq!(coverage[3..], [Coverage::Dates, Coverage::Status]);
}

#[test]
fn a_closed_school_without_an_opening_day_leaves_the_years_before_it_closed_uncovered() {
    let open = || opened(school(100001, PRIMARY), "1980-09-01");
    let coverage = |others: Vec<proto::network::v1::School>| {
        let mut world = World::default();
        world.register("2018-09-01", [vec![open()], others].concat(), vec![]);
        world.round("2016/17", TFM, &[PRIMARY]).round("2017/18", TFM, &[PRIMARY]);
        world.enrols(100002, TFM, "2016/17");
        let reach = world.measured_on("2018-12-01");
        let of = |year: usize| reach.years[year].coverage;
        [of(2), of(3), of(4)]
    };
    use Coverage::{Dates, Status, Uncovered};
    // Closed in 2017, without an opening day: its status on 1 September 2016 is unknown. A year later it was closed in any case.
    assert_eq!(coverage(vec![closed(school(100002, PRIMARY), "2017-08-31")]), [Uncovered, Dates, Status]);
    assert_eq!(coverage(vec![closed(school(100002, PRIMARY), "2017-09-02")]), [Uncovered, Uncovered, Status]);
    assert_eq!(coverage(vec![closed(school(100002, PRIMARY), "")]), [Uncovered, Uncovered, Status]);
    // Schools that cannot count do not matter: independent ones, proposed ones, those without a phase.
    let mut independent = closed(school(100002, PRIMARY), "2018-08-31");
    independent.type_group_code = 3;
    let mut proposed = school(100003, PRIMARY);
    (proposed.status_code, proposed.register_reason) = (4, proto::network::v1::RegisterReason::ProposedToOpen.into());
    let nursery = closed(school(100004, 0), "2018-08-31");
    assert_eq!(coverage(vec![independent, proposed, nursery]), [Dates, Dates, Status]);
}

#[test]
fn a_school_of_unknown_status_or_phase_is_outside_and_leaves_days_covered() {
    use proto::network::v1::RegisterReason::{UnknownPhase, UnknownStatus};
    let unknown = |urn, reason: proto::network::v1::RegisterReason| proto::network::v1::School {
        register_reason: reason.into(),
        ..school(urn, PRIMARY)
    };
    // The status of the other school comes from the day's own extract or the nearest one, or from the dates in a later one.
    for (as_of, coverage) in
        [("2018-09-01", Coverage::Status), ("2018-10-01", Coverage::Nearest), ("2018-10-02", Coverage::Dates)]
    {
        let mut world = World::default();
        let schools =
            vec![opened(school(100001, PRIMARY), "1990-09-01"), unknown(100002, UnknownStatus), unknown(100003, UnknownPhase)];
        world.register(as_of, schools, vec![]);
        world.round("2018/19", TFM, &[PRIMARY]);
        for urn in [100001, 100002, 100003] {
            world.enrols(urn, TFM, "2018/19");
        }
        let reach = world.measured_on("2018-12-01");
        assert_eq!(england(&reach, "2018/19", Stage::Enrolled), (1, 1, 1), "{as_of}");
        assert_eq!(reach.years.last().unwrap().coverage, coverage, "{as_of}");
        let outside = &reach.years.last().unwrap().outside_counts;
        let outside: Vec<_> = outside.iter().map(|(reason, count)| (*reason, *count)).collect();
        assert_eq!(outside, [("unknown_phase", 1), ("unknown_status", 1)], "{as_of}");
    }
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
fn an_import_that_was_not_known_to_end_does_not_count() {
    let mut world = World::default();
    world.register("2018-09-01", vec![school(100001, PRIMARY)], vec![]);
    let mut torn = World::default();
    torn.register("2018-09-02", vec![school(100002, PRIMARY), school(100003, PRIMARY)], vec![]);
    torn.network.pop();
    world.network.extend(torn.network);
    world.round("2018/19", TFM, &[PRIMARY]);
    assert_eq!(england(&world.measured_on("2018-12-01"), "2018/19", Stage::Enrolled).0, 1);
    let error = world.try_measure(&Measure::on(day("2018-12-01"), day("2018-08-31"))).unwrap_err();
    assert!(error.to_string().starts_with("no register was imported by 2018-08-31"), "{error}");
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

/// The download of 1 September failed. The next day's extract has the status of each school; old opening days are blank in it as usual.
#[test]
fn the_nearest_register_within_thirty_days_covers_the_first_day_of_a_year() {
    let coverage = |days: &[&str]| {
        let mut world = World::default();
        world.round("2018/19", "mastery", &[PRIMARY]);
        for (as_of, urn) in days.iter().zip(100_001..) {
            world.register(as_of, vec![school(urn, PRIMARY)], vec![]);
        }
        let reach = world.measured_on("2018-12-01");
        let note = reach.years.last().unwrap().clone();
        (note.coverage, note.register.map(|register| register.as_of_date))
    };
    let nearest = |day: &str| (Coverage::Nearest, Some(day.to_owned()));
    assert_eq!(coverage(&["2018-09-02"]), nearest("2018-09-02"));
    assert_eq!(coverage(&["2018-10-01"]), nearest("2018-10-01"));
    assert_eq!(coverage(&["2018-10-02"]), (Coverage::Uncovered, None));
    assert_eq!(coverage(&["2018-08-02"]), nearest("2018-08-02"));
    assert_eq!(coverage(&["2018-08-01"]), (Coverage::Uncovered, None));
    // The nearer one; on a tie the earlier one; the day's own before both.
    assert_eq!(coverage(&["2018-08-20", "2018-09-05"]), nearest("2018-09-05"));
    assert_eq!(coverage(&["2018-08-30", "2018-09-03"]), nearest("2018-08-30"));
    assert_eq!(coverage(&["2018-08-31", "2018-09-01", "2018-09-02"]), (Coverage::Status, Some("2018-09-01".to_owned())));
}

#[test]
fn the_nearest_register_is_corrected_by_the_days_that_it_gives() {
    let proposed = |mut school: proto::network::v1::School| {
        school.status_code = 4;
        school.register_reason = proto::network::v1::RegisterReason::ProposedToOpen.into();
        school
    };
    let eligible = |as_of: &str, school: proto::network::v1::School| {
        let mut world = World::default();
        world.round("2018/19", "mastery", &[PRIMARY]).register(as_of, vec![school], vec![]);
        england(&world.measured_on("2018-12-01"), "2018/19", Stage::Enrolled).0 == 1
    };
    let plain = || school(100_001, PRIMARY);
    // From a later extract: opened or closed between the two days.
    assert!(eligible("2018-09-20", plain()));
    assert!(!eligible("2018-09-20", opened(plain(), "2018-09-03")));
    assert!(eligible("2018-09-20", opened(plain(), "2018-09-01")));
    assert!(eligible("2018-09-20", closed(plain(), "2018-09-10")));
    assert!(!eligible("2018-09-20", closed(plain(), "2018-09-01")));
    assert!(!eligible("2018-09-20", closed(plain(), "")));
    assert!(!eligible("2018-09-20", proposed(plain())));
    // From an earlier extract: planned openings and closings.
    let mut closing = plain();
    closing.status_code = 3;
    closing.close_date = "2018-08-31".into();
    assert!(!eligible("2018-08-15", closing));
    assert!(eligible("2018-08-15", proposed(opened(plain(), "2018-09-01"))));
    assert!(!eligible("2018-08-15", proposed(opened(plain(), "2018-09-02"))));
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
