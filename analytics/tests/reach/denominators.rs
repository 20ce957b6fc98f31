//! Denominators by the terms of programmes.

use analytics::{FigureState, Level, Phase, Stage};

use crate::world::*;

const STATE_FUNDED: [i32; 3] = [4, 10, 11];

fn college(urn: i32) -> proto::network::v1::School {
    proto::network::v1::School {
        type_group_code: 1,
        phase_code: 6,
        education_phase: 0,
        low_age: Some(16),
        high_age: Some(99),
        register_reason: proto::network::v1::RegisterReason::NotStateFunded.into(),
        ..school(urn, SECONDARY)
    }
}

#[test]
fn a_college_counts_in_the_files_of_post_16_and_never_in_the_total() {
    let mut world = World::default();
    let sixth_form = proto::network::v1::School { low_age: Some(11), high_age: Some(18), ..school(100_001, SECONDARY) };
    let no_sixth_form = proto::network::v1::School { low_age: Some(11), high_age: Some(16), ..school(100_002, SECONDARY) };
    world.register("2018-09-01", vec![sixth_form, no_sixth_form, college(130_001), college(130_002)], vec![]);
    world.terms("2018/19", "core-maths", eligible(&[1, 4, 10, 11], &[4, 5, 6, 7], Some([18, 18])));
    world.terms("2018/19", "mastery", eligible(&STATE_FUNDED, &[4, 5, 7], None));
    world.round("2018/19", "core-maths", &[SECONDARY, ALL_THROUGH]).round("2018/19", "mastery", &[SECONDARY, ALL_THROUGH]);
    for urn in [100_001, 130_001] {
        world.enrols(urn, "core-maths", "2018/19");
    }
    let reach = world.measured_on("2018-12-01");
    let figure = |programme, phase| {
        let figure = reach.find_figure(year("2018/19"), &Level::National, programme, phase, Stage::Enrolled).unwrap();
        (figure.schools_count, figure.reached_count)
    };
    assert_eq!(figure(None, None), (2, 1), "the total has the state-funded schools");
    assert_eq!(figure(Some("core-maths"), None), (1, 1), "one of them teaches to 18");
    assert_eq!(figure(Some("mastery"), Some(Phase::Secondary)), (2, 0));
    let [england] = reach
        .post_16_figures
        .iter()
        .filter(|figure| (figure.year, &figure.level, figure.stage) == (year("2018/19"), &Level::National, Stage::Enrolled))
        .collect::<Vec<_>>()[..]
    else {
        panic!("one programme takes colleges");
    };
    assert_eq!((england.schools_count, england.reached_count, england.phase), (3, 2, None));
}

/// A round is created months before its academic year.
#[test]
fn a_programme_that_takes_colleges_from_the_next_year_on_is_in_no_file_of_post_16_yet() {
    let mut world = World::default();
    for day in ["2017-09-01", "2018-09-01"] {
        world.register(day, vec![school(100_001, SECONDARY), college(130_001)], vec![]);
    }
    world.terms("2018/19", "core-maths", eligible(&[1, 4], &[4, 6], None)).round("2018/19", "core-maths", &[SECONDARY]);
    assert_eq!(world.measured_on("2018-08-31").post_16_figures, []);
    assert!(world.measured_on("2018-09-01").post_16_figures.iter().any(|figure| figure.schools_count == 2));
}

#[test]
fn a_programme_whose_schools_are_in_no_register_has_counts_and_no_percentages() {
    let mut world = World::default();
    world.register("2018-09-01", vec![school(100_001, PRIMARY), school(100_002, PRIMARY)], vec![]);
    let terms = proto::network::v1::ProgrammeTerms { no_denominator: true, ..eligible(&STATE_FUNDED, &[2, 3], None) };
    world.terms("2018/19", "training", terms);
    world.round("2018/19", "training", &[PRIMARY]).enrols(100_001, "training", "2018/19");
    let reach = world.measured_on("2018-12-01");
    let figure = reach.find_figure(year("2018/19"), &Level::National, Some("training"), None, Stage::Enrolled).unwrap();
    assert_eq!((figure.state, figure.schools_count, figure.reached_count), (FigureState::NoDenominator, 0, 1));
    assert!(reach.cold_areas.iter().all(|area| reach.programmes[area.programme].id != "training"));
}

#[test]
fn a_year_is_measured_by_the_terms_of_its_first_day() {
    let mut world = World::default();
    let schools = || vec![school(100_001, PRIMARY), school(100_002, SECONDARY)];
    world.register("2018-09-01", schools(), vec![]).register("2019-09-01", schools(), vec![]);
    world.terms("2014/15", "mastery", eligible(&STATE_FUNDED, &[2, 3, 4, 5, 7], None));
    world.terms("2019/20", "mastery", eligible(&STATE_FUNDED, &[2, 3], None));
    world.round("2018/19", "mastery", &[PRIMARY, SECONDARY]).round("2019/20", "mastery", &[PRIMARY]);
    let reach = world.measured_on("2019-12-01");
    let schools_count =
        |of: &str| reach.find_figure(year(of), &Level::National, Some("mastery"), None, Stage::Enrolled).unwrap().schools_count;
    assert_eq!((schools_count("2018/19"), schools_count("2019/20")), (2, 1));
}
