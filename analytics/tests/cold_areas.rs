//! Areas with the least historic engagement.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use analytics::Measure;
use proto::network::v1::ReachStage;
use world::*;

const TFM: &str = "teaching-for-mastery";

/// `count` schools in an area, of which the first `reached` enrol.
fn area(world: &mut World, schools: &mut Vec<proto::network::v1::School>, code: &str, count: i32, reached: i32) {
    let first = 100_000 + code.parse::<i32>().unwrap() * 100;
    for n in 0..count {
        schools.push(in_area(school(first + n, PRIMARY), code, &format!("Area {code}")));
        if n < reached {
            world.enrols(first + n, TFM, "2018/19");
        }
    }
}

#[test]
fn areas_are_ranked_by_coldness_and_small_ones_are_listed() {
    let mut world = World::default();
    world.round("2018/19", TFM, &[PRIMARY]);
    let mut schools = Vec::new();
    area(&mut world, &mut schools, "201", 20, 10);
    area(&mut world, &mut schools, "202", 10, 2);
    area(&mut world, &mut schools, "203", 9, 0);
    area(&mut world, &mut schools, "204", 10, 2);
    area(&mut world, &mut schools, "205", 11, 11);
    world.register("2018-09-01", schools, vec![]);
    let reach = world.measured_on("2018-12-01");
    let areas: Vec<_> = reach
        .cold_areas
        .iter()
        .map(|area| (area.authority.old_la_code.as_str(), area.never_reached_count, area.coldness_ppm, area.rank))
        .collect();
    // The region: 60 schools, 25 reached, 35 never: 7 of 12. k = 10 adds 5.8333 never reached of 10.
    // 201: (10 + 5.8333) ÷ 30 = 0.527778. 202 and 204: (8 + 5.8333) ÷ 20 = 0.691667. 203: (9 + 5.8333) ÷ 19 = 0.780702.
    // 205: 5.8333 ÷ 21 = 0.277778. 202 comes before 204 by its code; 203 has fewer than 10 schools.
    assert_eq!(
        areas,
        [
            ("202", 8, 691_667, Some(1)),
            ("204", 8, 691_667, Some(2)),
            ("201", 10, 527_778, Some(3)),
            ("205", 0, 277_778, Some(4)),
            ("203", 9, 780_702, None),
        ]
    );
    // 204 with one more school: (9 + 36 ÷ 60 × 10) ÷ 20 = 0.75, before 202; 202 with one fewer: (7 + 34 ÷ 60 × 10) ÷ 20 = 0.633, after 204 and before 201.
    let ranks: Vec<_> = reach.cold_areas.iter().filter_map(|area| area.stability).collect();
    let ranks: Vec<_> = ranks.iter().map(|s| (s.rank_one_more_never_reached, s.rank_one_fewer_never_reached)).collect();
    assert_eq!(ranks, [(1, 2), (1, 2), (3, 3), (4, 4)]);
    assert!(reach.cold_areas.iter().filter_map(|area| area.stability).all(|s| (s.coldest_count, s.weights_count) == (21, 21)));
    let first = &reach.cold_areas[0];
    assert_eq!((first.schools_count, first.region_schools_count, first.region_never_reached_count), (10, 60, 35));
}

#[test]
fn one_more_school_that_was_never_reached_moves_the_other_areas_of_its_region_too() {
    let mut world = World::default();
    world.round("2018/19", TFM, &[PRIMARY]);
    let mut schools = Vec::new();
    area(&mut world, &mut schools, "201", 13, 8);
    area(&mut world, &mut schools, "202", 10, 5);
    area(&mut world, &mut schools, "203", 20, 20);
    world.register("2018-09-01", schools, vec![]);
    let reach = world.measured_on("2018-12-01");
    // The region: 43 schools, 10 never reached. 202: (5 + 10 × 10/43) ÷ 20 = 0.3663; 201: (5 + 10 × 10/43) ÷ 23 = 0.3185.
    // One more of 201: (6 + 10 × 11/43) ÷ 23 = 0.3721, more than 202 had, but 202 has (5 + 10 × 11/43) ÷ 20 = 0.3779 then.
    let ranks = reach.cold_areas.iter().map(|area| {
        let stability = area.stability.unwrap();
        (
            area.authority.old_la_code.as_str(),
            area.rank,
            stability.rank_one_more_never_reached,
            stability.rank_one_fewer_never_reached,
        )
    });
    assert_eq!(ranks.collect::<Vec<_>>(), [("202", Some(1), 1, 2), ("201", Some(2), 2, 2), ("203", Some(3), 3, 3)]);
}

#[test]
fn coldness_goes_by_the_policy_in_force_on_the_day_of_the_figures_of_those_known_by_then() {
    let mut world = World::default();
    world.round("2018/19", TFM, &[PRIMARY]);
    let mut schools = Vec::new();
    area(&mut world, &mut schools, "201", 20, 10);
    area(&mut world, &mut schools, "202", 5, 1);
    world.register("2018-09-01", schools, vec![]);
    world.policy("2018-06-20", "2018-12-01", (ReachStage::Enrolled, 5, 5));
    world.policy("2018-12-10", "2019-01-01", (ReachStage::Completed, 0, 6));
    // Codes, coldness and ranks, and the name of the policy.
    let measured = |true_on: &str, known_on: &str| {
        let reach = world.try_measure(&Measure::on(day(true_on), day(known_on))).unwrap();
        let areas = reach.cold_areas.iter().map(|area| (area.authority.old_la_code.clone(), area.coldness_ppm, area.rank));
        (reach.policy.name().to_owned(), areas.collect::<Vec<_>>())
    };
    let named = |policy: &str, areas: [(&str, u32, Option<u32>); 2]| {
        let policy = if policy.is_empty() { String::new() } else { format!("reachPolicies/{policy}") };
        (policy, areas.map(|(code, coldness_ppm, rank)| (code.to_owned(), coldness_ppm, rank)).to_vec())
    };
    // The region: 25 schools, 14 never enrolled. Assumed k = 10: (10 + 5.6) ÷ 30 and (4 + 5.6) ÷ 15, which has fewer than 10 schools.
    let assumed = named("", [("201", 520_000, Some(1)), ("202", 640_000, None)]);
    assert_eq!(measured("2018-11-30", "2018-12-15"), assumed);
    // k = 5, ranked from 5 schools: (4 + 2.8) ÷ 10 and (10 + 2.8) ÷ 25.
    let first = named("2018-12-01", [("202", 680_000, Some(1)), ("201", 512_000, Some(2))]);
    assert_eq!(measured("2018-12-01", "2018-12-15"), first);
    assert_eq!(measured("2018-12-31", "2018-12-31"), first);
    // k = 0, ranked from 6 schools, and nobody has completed.
    let second = named("2019-01-01", [("201", 1_000_000, Some(1)), ("202", 1_000_000, None)]);
    assert_eq!(measured("2019-01-01", "2019-01-15"), second);
    // The second was recorded on 10 December: what was known the day before goes by the first, also when it is measured today.
    assert_eq!(measured("2019-01-01", "2018-12-09"), first);
}

#[test]
fn no_area_is_cold_when_no_register_covers_a_year() {
    let mut world = World::default();
    world.register("2018-10-02", vec![school(100001, PRIMARY)], vec![]);
    world.round("2018/19", TFM, &[PRIMARY]);
    assert!(world.measured_on("2018-12-01").cold_areas.is_empty());
}
