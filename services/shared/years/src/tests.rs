//! The rules of the years: single stories, and properties of any sequence of calls.

use proptest::prelude::*;

use super::*;

fn day(text: &str) -> Date {
    Date::parse(text).expect("a day")
}

fn two_years() -> Years {
    Years::enrolled(AcademicYear::starting(2018), 2)
}

#[test]
fn two_years_are_started_and_completed_one_after_the_other() {
    let today = day("2020-08-01");
    let first = two_years().start_year(day("2018-09-20"), today).expect("the first year");
    assert_eq!(first.start_year(day("2019-09-20"), today), Err(YearsViolation::YearNotCompleted(1)));
    let between = first.complete_year(day("2019-07-10"), today).expect("its end");
    assert_eq!(between.complete_year(day("2019-07-11"), today), Err(YearsViolation::YearNotStarted));
    let second = between.start_year(day("2019-09-20"), today).expect("the second year");
    let done = second.complete_year(day("2020-07-10"), today).expect("its end");
    assert_eq!(done.state, YearsState::Completed);
    assert_eq!(done.start_year(day("2020-07-11"), today), Err(YearsViolation::Ended(YearsState::Completed)));
}

#[test]
fn a_year_starts_within_its_academic_year_and_not_in_the_future() {
    let (today, year) = (day("2018-10-01"), AcademicYear::starting(2018));
    let date = day("2018-08-31");
    assert_eq!(two_years().start_year(date, today), Err(YearsViolation::DateOutsideYear { date, year }));
    assert_eq!(two_years().start_year(day("2018-10-02"), today), Err(YearsViolation::DateInFuture(day("2018-10-02"))));
    assert!(two_years().start_year(day("2018-09-01"), today).is_ok() && two_years().start_year(today, today).is_ok());
}

#[test]
fn a_year_that_is_deferred_goes_on_in_the_year_in_which_it_is_resumed() {
    let today = day("2021-08-01");
    let first = two_years().start_year(day("2018-09-20"), today).expect("it starts");
    let deferred = first.defer(day("2019-02-11"), None, today).expect("it is deferred");
    assert_eq!(deferred.defer(day("2019-02-12"), None, today), Err(YearsViolation::Deferred));
    assert_eq!(deferred.complete_year(day("2019-07-10"), today), Err(YearsViolation::Deferred));
    let resumed = deferred.resume(day("2019-09-09"), today).expect("it goes on");
    assert_eq!(
        (resumed.academic_year(1), resumed.academic_year(2)),
        (AcademicYear::starting(2019), AcademicYear::starting(2020))
    );
    assert_eq!(resumed.resume(day("2019-09-10"), today), Err(YearsViolation::NotDeferred));
    let completed = resumed.complete_year(day("2020-07-10"), today).expect("a year later");
    assert!(completed.start_year(day("2020-09-10"), today).is_ok());
    // Evidence is of the days before and after.
    assert!(
        resumed.check_attendance(day("2019-02-10"), today).is_ok() && resumed.check_attendance(day("2019-09-09"), today).is_ok()
    );
    let deferral = Deferral { start_date: day("2019-02-11"), resume_date: Some(day("2019-09-09")) };
    let date = day("2019-09-08");
    assert_eq!(resumed.check_attendance(date, today), Err(YearsViolation::DateInDeferral { date, deferral }));
}

#[test]
fn a_deferral_within_one_academic_year_moves_nothing() {
    let today = day("2019-08-01");
    let first = two_years().start_year(day("2018-09-20"), today).expect("it starts");
    let resumed = first.defer(day("2018-11-05"), None, today).and_then(|deferred| deferred.resume(day("2019-01-07"), today));
    assert_eq!(resumed.expect("it goes on").academic_year(2), AcademicYear::starting(2019));
}

#[test]
fn an_interruption_begins_after_the_last_attendance_and_a_withdrawal_not_before_it() {
    let today = day("2018-11-26");
    let (first, last) = (two_years().start_year(day("2018-09-20"), today).expect("it starts"), day("2018-11-20"));
    for date in [day("2018-11-05"), last] {
        assert_eq!(first.defer(date, Some(last), today), Err(YearsViolation::DateBeforeLast { date, last }));
    }
    assert!(first.defer(day("2018-11-21"), Some(last), today).is_ok() && first.withdraw(last, Some(last), today).is_ok());
    let date = day("2018-11-19");
    assert_eq!(first.withdraw(date, Some(last), today), Err(YearsViolation::DateBeforeLast { date, last }));
}

#[test]
fn somebody_who_never_began_gives_back_and_does_not_leave_or_defer() {
    let today = day("2018-11-26");
    assert_eq!(two_years().withdraw(today, None, today), Err(YearsViolation::YearNotStarted));
    assert_eq!(two_years().defer(today, None, today), Err(YearsViolation::YearNotStarted));
    assert_eq!(two_years().give_back(today, today).expect("given back").state, YearsState::Cancelled);
    assert_eq!(two_years().give_back(day("2018-08-20"), day("2018-08-31")), Err(YearsViolation::YearNotStarted));
}

/// A call of the given kind on a day, of somebody who attended last on a day.
fn call(years: &Years, kind: u8, date: Date, evidence: Option<Date>, today: Date) -> Result<Years, YearsViolation> {
    match kind {
        0 => years.start_year(date, today),
        1 => years.complete_year(date, today),
        2 => years.defer(date, evidence, today),
        3 => years.resume(date, today),
        4 => years.withdraw(date, evidence, today),
        _ => years.give_back(date, today),
    }
}

proptest! {
    #[test]
    fn any_calls_keep_the_years_in_order(
        calls in prop::collection::vec((0_u8..6, 0_i32..60, -90_i32..10, prop::option::of(-20_i32..0)), 0..40),
        count in 1_i64..4,
    ) {
        let mut years = Years::enrolled(AcademicYear::starting(2018), count);
        let mut today = day("2018-08-20");
        for (kind, days, offset, attended) in calls {
            today = today.plus_days(days);
            let date = today.plus_days(offset);
            let evidence = attended.map(|attended| today.plus_days(attended));
            let next = call(&years, kind, date, evidence, today);
            prop_assert!(date <= today || next.is_err(), "a future day");
            prop_assert!(years.last_date.is_none_or(|last| last <= date) || next.is_err(), "a day before the last");
            let Ok(next) = next else { continue };
            match kind {
                0 => prop_assert!(next.academic_year(next.year_number).contains(date)),
                1 => prop_assert!(years.academic_year(next.years_completed_count).contains(date)),
                2 => prop_assert!(evidence.is_none_or(|last| last < date), "attendance in the interruption"),
                4 => prop_assert!(evidence.is_none_or(|last| last <= date), "attendance after the end"),
                _ => {}
            }
            prop_assert_eq!(next.last_date, Some(date));
            let verbs = TRANSITIONS.iter().filter(|(from, _, to)| (*from, *to) == (years.state, next.state));
            prop_assert!(verbs.count() > 0, "{} does not lead to {}", years.state, next.state);
            prop_assert!((0..=1).contains(&(next.year_number - next.years_completed_count)));
            prop_assert!(next.year_number <= count && next.years_completed_count >= years.years_completed_count);
            prop_assert_eq!(next.state == YearsState::Completed, next.years_completed_count == count);
            prop_assert!(next.deferred_years_count >= years.deferred_years_count);
            let open = next.deferrals.iter().filter(|deferral| deferral.resume_date.is_none()).count();
            // One who withdraws while deferred stays so.
            prop_assert!(open == usize::from(next.state == YearsState::Deferred) || next.state == YearsState::Withdrawn && open <= 1);
            prop_assert!(next.deferrals.windows(2).all(|pair| pair[0].resume_date.is_some_and(|resume| resume <= pair[1].start_date)));
            years = next;
        }
    }
}
