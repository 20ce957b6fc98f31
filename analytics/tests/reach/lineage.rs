//! Schools that were reached through their predecessors.

use analytics::Stage;

use crate::{TFM, world::*};

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
