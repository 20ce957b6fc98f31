//! Two reports are compared school by school.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use analytics::{
    Cause, Change, EarlierReport, Figure, FigureState, Level, Measure, Measurer, ReportState, SchoolState, lake, write_changes,
    write_report,
};
use world::*;

const TFM: &str = "primary-teaching-for-mastery";
const EARLIER: [&str; 2] = ["2019-02-28", "2019-02-28"];
const LATER: [&str; 2] = ["2019-08-31", "2019-09-15"];

/// A real case of DfE: schools had enrolled by February, and some of them did not complete by the year's end.
fn signed_up_and_completed() -> World {
    let mut world = World::default();
    world.register("2018-09-01", (1..=6).map(|n| school(100_000 + n, PRIMARY)).collect(), vec![]);
    world.round("2018/19", TFM, &[PRIMARY]);
    let completes = world.enrols(100_001, TFM, "2018/19");
    let stops = world.enrols(100_002, TFM, "2018/19");
    world.starts(&completes, "2018/19", "2018-09-10").starts(&stops, "2018/19", "2018-09-10");
    world.completes(&completes, "2018/19", "2019-07-10");
    // Started in time, and recorded only in March.
    let late = world.enrols(100_003, TFM, "2018/19");
    world.starts(&late, "2018/19", "2018-09-12").recorded_late("2019-03-20");
    // An academy since January, in a register of the summer for the first time.
    let mut academy = opened(school(140_002, PRIMARY), "2018-08-31");
    academy.type_group_code = 10;
    world.register(
        "2018-09-01",
        vec![closed(school(100_002, PRIMARY), "2018-08-31"), academy],
        vec![link(100_002, 140_002, "2018-08-31")],
    );
    for event in world.network.iter_mut().rev().take(3) {
        event.recorded_time = Some(day("2019-06-01").start().to_proto());
    }
    world
}

fn options([true_on, known_on]: [&str; 2]) -> Measure {
    Measure::on(day(true_on), day(known_on))
}

fn explained(world: &World) -> Vec<Change> {
    Measurer::new(world.lake().path()).explain(&options(EARLIER), &options(LATER)).unwrap()
}

#[test]
fn the_changes_of_schools_add_up_to_the_difference_of_every_figure() {
    let world = signed_up_and_completed();
    let [earlier, later] = [EARLIER, LATER].map(|days| world.try_measure(&options(days)).unwrap());
    let changes = explained(&world);
    let counts = |state: &Option<SchoolState>, figure: &Figure| {
        let at = |state: &&SchoolState| match &figure.level {
            Level::National => true,
            Level::Regional(region) => region.code == state.region_code,
            Level::LocalAuthority(authority) => authority.old_la_code == state.old_la_code,
        };
        let state = state.as_ref().filter(at).filter(|state| figure.phase.is_none_or(|phase| Some(phase) == state.phase));
        state.map_or([0; 4], |state| [state.eligible, state.reached, state.reached_new, state.reached_since].map(i64::from))
    };
    let mut differ = 0;
    assert_eq!(earlier.figures.len(), later.figures.len());
    for (before, after) in earlier.figures.iter().zip(&later.figures) {
        assert_eq!(
            (before.year, &before.level, before.phase, before.stage),
            (after.year, &after.level, after.phase, after.stage)
        );
        if after.state == FigureState::NotPlayed {
            continue;
        }
        let programme = after.programme.map(|index| later.programmes[index].id.clone());
        let mut sum = [0; 4];
        let row = |change: &&Change| (change.year, &change.programme, change.stage) == (after.year, &programme, after.stage);
        for change in changes.iter().filter(row) {
            let [from, to] = [counts(&change.before, before), counts(&change.after, after)];
            sum = std::array::from_fn(|index| sum[index] + to[index] - from[index]);
        }
        let figure = |figure: &Figure| {
            [figure.schools_count, figure.reached_count, figure.reached_new_count, figure.reached_since_count].map(i64::from)
        };
        let [from, to] = [figure(before), figure(after)];
        let difference: [i64; 4] = std::array::from_fn(|index| to[index] - from[index]);
        assert_eq!(sum, difference, "{after:?}");
        differ += usize::from(difference != [0; 4]);
    }
    assert!(differ > 0, "some figures differ");
}

#[test]
fn each_change_has_the_states_before_and_after_and_the_cause() {
    let mut changes = BTreeMap::new();
    for change in explained(&signed_up_and_completed()).into_iter().filter(|change| change.programme.is_none()) {
        let seen = |state: &Option<SchoolState>| {
            state.as_ref().map(|state| (state.reached, state.through.iter().copied().collect::<Vec<_>>()))
        };
        changes.insert((change.urn, change.stage.name()), (change.cause, seen(&change.before), seen(&change.after)));
    }
    let none = || Some((false, vec![]));
    let expected = [
        ((100_001, "Completed"), (Cause::Happened, none(), Some((true, vec![100_001])))),
        ((100_002, "Active"), (Cause::Learned, Some((true, vec![100_002])), None)),
        ((100_002, "Applied"), (Cause::Learned, Some((true, vec![100_002])), None)),
        ((100_002, "Completed"), (Cause::Learned, none(), None)),
        ((100_002, "Enrolled"), (Cause::Learned, Some((true, vec![100_002])), None)),
        ((100_003, "Active"), (Cause::Learned, none(), Some((true, vec![100_003])))),
        ((140_002, "Active"), (Cause::Learned, None, Some((true, vec![100_002])))),
        ((140_002, "Applied"), (Cause::Learned, None, Some((true, vec![100_002])))),
        ((140_002, "Completed"), (Cause::Learned, None, none())),
        ((140_002, "Enrolled"), (Cause::Learned, None, Some((true, vec![100_002])))),
    ];
    assert_eq!(changes, BTreeMap::from(expected));
}

#[test]
fn a_programme_whose_name_is_a_formula_is_a_text_in_the_changes() {
    let mut world = signed_up_and_completed();
    world.rename_programmes("=1+1");
    let (reach, out) = (world.try_measure(&options(LATER)).unwrap(), tempfile::tempdir().unwrap());
    let written = fs::read_to_string(write_changes(&reach, &explained(&world), out.path()).unwrap()).unwrap();
    assert!(written.contains(",'=1+1,") && !written.contains(",=1+1,"), "{written}");
}

#[test]
fn a_report_is_compared_with_its_own_lake_and_refused_with_another() {
    let world = signed_up_and_completed();
    let (lake, out) = (world.lake(), tempfile::tempdir().unwrap());
    let reported = |days| {
        let mut measurer = Measurer::new(lake.path());
        let reach = measurer.measure(&options(days)).unwrap();
        let report = write_report(&reach, out.path(), &ReportState::Provisional).unwrap();
        measurer.keep_report(&reach.options, &report.content_sha256).unwrap();
        reach
    };
    reported(EARLIER);
    let earlier = EarlierReport::read(out.path()).unwrap();
    let later = reported(LATER);
    let changes = earlier.explain(&mut Measurer::new(lake.path()), &options(LATER), None).unwrap();
    let written = fs::read_to_string(write_changes(&later, &changes, out.path()).unwrap()).unwrap();
    insta::assert_snapshot!("changes", written.lines().filter(|line| !line.contains(",Total,")).collect::<Vec<_>>().join("\n"));
    // The changes are removed with their report.
    write_report(&later, out.path(), &ReportState::Provisional).unwrap();
    assert!(!out.path().join("changes.csv").exists());

    let later = EarlierReport::read(out.path()).unwrap();
    let error = later.explain(&mut Measurer::new(lake.path()), &options(EARLIER), None).unwrap_err().to_string();
    assert!(error.contains("compare the later report with the earlier"), "{error}");

    let error = earlier.explain(&mut Measurer::new(world.lake().path()), &options(LATER), None).unwrap_err().to_string();
    assert!(error.contains("has a record of how the report of"), "{error}");
    // Positions of its publication can be used as well.
    let collected_anew = world.lake();
    let positions = lake::Manifest::load(collected_anew.path()).unwrap().positions();
    let again = earlier.explain(&mut Measurer::new(collected_anew.path()), &options(LATER), Some(positions)).unwrap();
    assert_eq!(again, changes);
    let error = EarlierReport::read(lake.path()).unwrap_err().to_string();
    assert!(error.contains("is not the manifest of a report"), "{error}");
}

#[test]
fn a_report_is_measured_again_up_to_its_positions_despite_later_records() {
    let mut world = signed_up_and_completed();
    let of_noon = options(LATER).up_to(lake::Manifest::load(world.lake().path()).unwrap().positions());
    let at_noon = world.try_measure(&of_noon).unwrap();
    // In the afternoon of the same day another school is recorded as having applied and accepted a place.
    world.enrols(100_005, TFM, "2018/19");
    for event in world.enrolment.iter_mut().rev().take(2) {
        event.recorded_time = Some(day(LATER[1]).start().plus_micros(16 * 3_600 * 1_000_000).to_proto());
    }
    assert_ne!(world.try_measure(&options(LATER)).unwrap().figures, at_noon.figures);
    assert_eq!(world.try_measure(&of_noon).unwrap(), at_noon);

    // One measurer alternates between the two.
    let folder = world.lake();
    let mut measurer = Measurer::new(folder.path());
    let in_the_evening = options(LATER).up_to(lake::Manifest::load(folder.path()).unwrap().positions());
    let evening = measurer.measure(&in_the_evening).unwrap();
    assert_eq!(measurer.measure(&of_noon).unwrap().figures, at_noon.figures);
    assert_eq!(measurer.measure(&in_the_evening).unwrap().figures, evening.figures);
    // The afternoon's records explain the difference, school by school.
    let changed: BTreeSet<i32> = measurer.explain(&of_noon, &in_the_evening).unwrap().iter().map(|change| change.urn).collect();
    assert_eq!(changed, BTreeSet::from([100_005]));

    // Positions of another epoch are refused by name.
    let mut foreign = of_noon.clone();
    for position in foreign.positions.as_mut().unwrap().values_mut() {
        position.epoch = "another".to_owned();
    }
    let error = measurer.measure(&foreign).unwrap_err().to_string();
    assert!(error.contains("in epoch another, and this lake has epoch epoch of enrolment"), "{error}");
}
