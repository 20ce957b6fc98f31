//! Registers, the days that they cover, and the schools of which they make denominators.

use std::collections::BTreeMap;

use analytics::{Coverage, Figure, FigureState, Level, Measure, Stage};

use crate::{TFM, world::*};

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

/// Poole was joined with others in 2019. Its school had closed before the register was taken; in 2017/18, when Poole existed, nobody knows which of the schools of
/// the joined authority lay in it.
#[test]
fn authorities_that_were_joined_are_one_in_earlier_years_too() {
    let mut world = World::default();
    let in_south_west = |urn, code: &str, name: &str| in_region(in_area(school(urn, PRIMARY), code, name), "E12000009");
    let old = closed(in_south_west(100_001, "836", "Poole"), "2018-08-31");
    let new = in_south_west(100_002, "839", "Bournemouth, Christchurch and Poole");
    world.register("2024-09-01", vec![old, new], vec![]).round("2017/18", TFM, &[PRIMARY]);
    world.enrols(100_001, TFM, "2017/18");
    world.enrols(100_002, TFM, "2017/18");
    let reach = world.try_measure(&Measure::on(day("2018-07-01"), day("2024-10-01"))).unwrap();
    let of_authorities = reach.figures.iter().filter(|figure| {
        (figure.year, figure.programme, figure.phase, figure.stage) == (year("2017/18"), None, None, Stage::Enrolled)
    });
    let rows: Vec<_> = of_authorities
        .filter_map(|figure| match &figure.level {
            Level::LocalAuthority(authority) => {
                Some((authority.old_la_code.as_str(), authority.new_la_code.as_str(), figure.reached_since_count))
            }
            _ => None,
        })
        .collect();
    assert_eq!(rows, [("839", "E06000058", 2)]);
}

/// Cumbria was split in 2023. A register of 2024 lists its schools in the two new authorities, and a school that had closed before in the old one.
#[test]
fn an_authority_and_those_that_replaced_it_never_appear_together_in_a_year_without_a_register() {
    let mut world = World::default();
    let in_cumbria = |urn, code: &str, new_code: &str, name: &str| {
        let mut school = in_region(in_area(school(urn, PRIMARY), code, name), "E12000002");
        school.new_la_code = new_code.into();
        school
    };
    let old = closed(in_cumbria(100_001, "909", "E10000006", "Cumbria"), "2021-08-31");
    let new = [
        in_cumbria(100_002, "942", "E06000063", "Cumberland"),
        in_cumbria(100_003, "943", "E06000064", "Westmorland and Furness"),
    ];
    world.register("2024-09-01", [vec![old], new.to_vec()].concat(), vec![]).round("2020/21", TFM, &[PRIMARY]);
    world.round("2023/24", TFM, &[PRIMARY]).round("2024/25", TFM, &[PRIMARY]);
    for urn in 100_001..=100_003 {
        world.enrols(urn, TFM, "2020/21");
    }
    let reach = world.measured_on("2024-12-01");
    let authorities = |of: &str| -> BTreeMap<String, (String, u32)> {
        let figures = reach.figures.iter().filter(|figure| {
            (figure.year, figure.programme, figure.phase, figure.stage) == (year(of), None, None, Stage::Enrolled)
        });
        let place = |figure: &Figure| match &figure.level {
            Level::LocalAuthority(authority) => {
                Some((authority.old_la_code.clone(), (authority.new_la_code.clone(), figure.reached_since_count)))
            }
            _ => None,
        };
        figures.filter_map(place).collect()
    };
    let row = |code: &str, new_code: &str, count| (code.to_owned(), (new_code.to_owned(), count));
    assert_eq!(authorities("2020/21"), BTreeMap::from([row("909", "E10000006", 3)]), "all in the authority of the day");
    // The closed school counts in the authority of the two that has the most schools; on a tie in the first.
    assert_eq!(authorities("2023/24"), BTreeMap::from([row("942", "E06000063", 2), row("943", "E06000064", 1)]));
}
