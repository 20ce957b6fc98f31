//! Areas with the least historic engagement.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

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
    let first = &reach.cold_areas[0];
    assert_eq!((first.schools_count, first.region_schools_count, first.region_never_reached_count), (10, 60, 35));
}

#[test]
fn no_area_is_cold_when_no_register_covers_a_year() {
    let mut world = World::default();
    world.register("2018-10-02", vec![school(100001, PRIMARY)], vec![]);
    world.round("2018/19", TFM, &[PRIMARY]);
    assert!(world.measured_on("2018-12-01").cold_areas.is_empty());
}
