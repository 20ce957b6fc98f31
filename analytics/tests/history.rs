//! Imported participations: true of their own days, and known from the day of the import on.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use analytics::{Draft, Measure, Stage};
use proto::enrolment::v1 as enrolment;
use world::*;

fn imported(urn: i32, state: enrolment::ParticipationState) -> enrolment::Participation {
    enrolment::Participation {
        name: format!("participations/imported{urn}"),
        school: format!("schools/{urn}"),
        programme: "mastery".to_owned(),
        first_academic_year: "2016/17".to_owned(),
        years_count: 2,
        state: state.into(),
        ..enrolment::Participation::default()
    }
}

fn taken(of: &str, start: &str, completion: &str) -> enrolment::ImportedYear {
    let [academic_year, start_date, completion_date] = [of, start, completion].map(str::to_owned);
    enrolment::ImportedYear { academic_year, start_date, completion_date }
}

/// Four schools, of which three took part from 2016/17 on. Their participations are imported on 1 June 2018.
fn history() -> World {
    use enrolment::ParticipationState::{Active, Completed, Withdrawn};
    let mut world = World::default();
    for as_of in ["2016-09-01", "2017-09-01", "2018-05-31"] {
        world.register(as_of, (100_001..=100_004).map(|urn| opened(school(urn, PRIMARY), "2000-09-01")).collect(), vec![]);
    }
    let both = vec![taken("2016/17", "2016-09-12", "2017-07-07"), taken("2017/18", "2017-09-11", "2018-05-31")];
    let first = || vec![taken("2016/17", "2016-09-12", "2017-07-07")];
    for (urn, state, years, left) in
        [(100_001, Completed, both, ""), (100_002, Active, first(), ""), (100_003, Withdrawn, first(), "2017-08-31")]
    {
        let event = enrolment::ParticipationImported { years, withdraw_date: left.to_owned(), ..Default::default() };
        world.imports(&imported(urn, state), &[PRIMARY], event, "2018-06-01");
    }
    world
}

#[test]
fn an_imported_history_is_true_of_its_own_days() {
    let world = history();
    let reach = |on: &str| world.try_measure(&Measure::on(day(on), day("2018-06-01"))).unwrap();
    let at = |on: &str, of: &str, stage| england(&reach(on), of, stage);
    assert_eq!(at("2016-09-01", "2016/17", Stage::Enrolled), (4, 3, 3));
    assert_eq!(at("2016-09-11", "2016/17", Stage::Active), (4, 0, 0));
    assert_eq!(at("2016-09-12", "2016/17", Stage::Active), (4, 3, 3));
    assert_eq!(at("2017-07-06", "2016/17", Stage::Completed), (4, 0, 0));
    assert_eq!(at("2017-07-07", "2016/17", Stage::Completed), (4, 3, 3));
    // The one that left was not there on the first day of the second year, and had been reached.
    assert_eq!(at("2017-09-01", "2017/18", Stage::Enrolled), (4, 2, 3));
    assert_eq!(at("2018-06-01", "2017/18", Stage::Completed), (4, 1, 3));
    assert_eq!(at("2018-06-01", "2017/18", Stage::Applied), (4, 0, 0), "nothing is known about applications");
    assert_eq!(reach("2018-06-01").programmes[0].display_name, "mastery");
}

#[test]
fn earlier_reports_do_not_move_when_a_history_is_imported() {
    let world = history();
    let mut before = world.clone();
    before.enrolment.clear();
    for on in ["2017-01-31", "2018-05-31"] {
        let options = Measure::on(day(on), day("2018-05-31"));
        let content = |world: &World| Draft::new(&world.try_measure(&options).unwrap()).content_sha256().to_owned();
        assert_eq!(content(&world), content(&before), "as known on the day before the import");
    }
    let later = Measure::on(day("2017-01-31"), day("2018-06-01"));
    assert_eq!(england(&world.try_measure(&later).unwrap(), "2016/17", Stage::Active), (4, 3, 3));
}

#[test]
fn an_imported_participation_goes_on_and_ends_by_later_events() {
    let mut world = history();
    let second = imported(100_002, enrolment::ParticipationState::Active);
    world.starts(&second, "2017/18", "2018-06-04").leaves(&second, "2018-06-30");
    assert_eq!(england(&world.measured_on("2018-06-04"), "2017/18", Stage::Active), (4, 2, 3));
    let after = world.measured_on("2018-06-30");
    assert_eq!(england(&after, "2017/18", Stage::Enrolled), (4, 2, 3), "it took part until its last day");
    assert_eq!(england(&world.measured_on("2018-12-01"), "2018/19", Stage::Enrolled).1, 0, "nobody is in a third year");
}
