//! The rules of participations as stories of single years.

use super::*;

fn day(text: &str) -> Date {
    Date::parse(text).expect("a day")
}

fn agreement(sign_date: &str) -> Agreement {
    Agreement { sign_date: day(sign_date), document: "agreement-2018".to_owned(), document_version: "1".to_owned() }
}

fn participation() -> Participation {
    Participation {
        id: ParticipationId::trusted("p"),
        origin: Origin::Place {
            round: RoundId::trusted("2018"),
            application: ApplicationId::trusted("a"),
            accept_date: day("2018-05-20"),
        },
        urn: Urn::trusted(100_000),
        hub: HubId::trusted("h"),
        current_hub: HubId::trusted("h"),
        programme: ProgrammeId::trusted("mastery"),
        first_academic_year: AcademicYear::starting(2018),
        years_count: 2,
        state: ParticipationState::Enrolled,
        year_number: 0,
        years_completed_count: 0,
        last_date: None,
        agreement: None,
        attended: None,
        withdraw_reason: None,
        version: 1,
    }
}

#[test]
fn evidence_of_a_day_before_a_school_left_counts_even_when_recorded_later() {
    let today = day("2019-03-01");
    let started = participation().start_year(day("2018-09-10"), today).expect("it starts");
    assert_eq!(participation().attend(day("2018-09-20"), today), Err(ParticipationViolation::YearNotStarted));
    let attended = started.attend(day("2018-10-02"), today).expect("it attends");
    let attended = attended.attend(day("2018-09-20"), today).expect("it attended before");
    assert_eq!(attended.attended, Some((day("2018-09-20"), day("2018-10-02"))));
    let too_early = attended.withdraw(day("2018-10-01"), "Moved".to_owned(), today);
    assert_eq!(too_early, Err(ParticipationViolation::DateBeforeLast { date: day("2018-10-01"), last: day("2018-10-02") }));
    let left = attended.withdraw(day("2018-11-30"), "Moved".to_owned(), today).expect("it leaves");
    let agreed = left.agree(agreement("2018-11-30"), today).expect("the agreement turns up");
    assert_eq!((agreed.state, agreed.agreement.clone()), (ParticipationState::Withdrawn, Some(agreement("2018-11-30"))));
    assert_eq!(agreed.agree(agreement("2018-11-30"), today), Err(ParticipationViolation::AgreementSigned(day("2018-11-30"))));
    assert!(left.attend(day("2018-11-29"), today).is_ok());
    assert_eq!(left.attend(day("2018-12-01"), today), Err(ParticipationViolation::Ended(ParticipationState::Withdrawn)));
    assert_eq!(left.agree(agreement("2019-03-02"), today), Err(ParticipationViolation::DateInFuture(day("2019-03-02"))));
    let cancelled = participation().cancel().expect("it is given back");
    assert!(cancelled.agree(agreement("2018-09-01"), today).is_err());
}

#[test]
fn two_years_are_started_and_completed_one_after_the_other() {
    let today = day("2020-08-01");
    let first = participation().start_year(day("2018-09-20"), today).expect("the first year");
    assert_eq!(first.start_year(day("2019-09-20"), today), Err(ParticipationViolation::YearNotCompleted(1)));
    let between = first.complete_year(day("2019-07-10"), today).expect("its end");
    assert_eq!(between.complete_year(day("2019-07-11"), today), Err(ParticipationViolation::YearNotStarted));
    let second = between.start_year(day("2019-09-20"), today).expect("the second year");
    let done = second.complete_year(day("2020-07-10"), today).expect("its end");
    assert_eq!(done.state, ParticipationState::Completed);
    assert_eq!(done.start_year(day("2020-07-11"), today), Err(ParticipationViolation::Ended(ParticipationState::Completed)));
}

#[test]
fn a_year_starts_within_its_academic_year_and_not_in_the_future() {
    let today = day("2018-10-01");
    let year = AcademicYear::starting(2018);
    let outside = day("2018-08-31");
    assert_eq!(participation().start_year(outside, today), Err(ParticipationViolation::DateOutsideYear { date: outside, year }));
    assert_eq!(
        participation().start_year(day("2018-10-02"), today),
        Err(ParticipationViolation::DateInFuture(day("2018-10-02")))
    );
    assert!(participation().start_year(day("2018-09-01"), today).is_ok());
    assert!(participation().start_year(today, today).is_ok());
}

#[test]
fn only_a_school_that_started_a_year_can_leave() {
    let today = day("2018-10-01");
    let leave = |participation: Participation, date| participation.withdraw(day(date), "moved".to_owned(), today);
    let started = participation().start_year(day("2018-09-01"), today).expect("it starts");
    assert_eq!(leave(started.clone(), "2018-08-31"), Err(ParticipationViolation::YearNotStarted));
    assert_eq!(leave(started, "2018-09-01").expect("left").state, ParticipationState::Withdrawn);
    assert_eq!(leave(participation(), "2018-09-01"), Err(ParticipationViolation::YearNotStarted));
}

#[test]
fn a_place_whose_year_was_never_started_is_given_back_even_after_the_academic_year_began() {
    let give_back = |date, today| participation().give_back(day(date), "no staff".to_owned(), day(today));
    let given_back = give_back("2018-11-26", "2018-11-26").expect("given back");
    assert_eq!((given_back.state, given_back.last_date), (ParticipationState::Cancelled, Some(day("2018-11-26"))));
    assert!(give_back("2018-08-20", "2018-11-26").is_ok(), "it may have said so in the summer");
    assert_eq!(give_back("2018-08-20", "2018-08-31"), Err(ParticipationViolation::YearNotStarted));
    assert_eq!(give_back("2018-11-27", "2018-11-26"), Err(ParticipationViolation::DateInFuture(day("2018-11-27"))));
    let (date, last) = (day("2018-05-19"), day("2018-05-20"));
    assert_eq!(give_back("2018-05-19", "2018-11-26"), Err(ParticipationViolation::DateBeforeLast { date, last }));
    let today = day("2018-11-26");
    let started = participation().start_year(day("2018-09-10"), today).expect("it starts");
    let year = AcademicYear::starting(2018);
    assert_eq!(started.give_back(today, "no staff".to_owned(), today), Err(ParticipationViolation::YearStarted(year)));
}
