//! The rules of participations beside those of the years, which the crate `years` tests.

use time::AcademicYear;
use years::YearsState;

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
        years: Years::enrolled(AcademicYear::starting(2018), 2),
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
    assert_eq!(participation().attend(day("2018-09-20"), today), Err(YearsViolation::YearNotStarted.into()));
    let attended = started.attend(day("2018-10-02"), today).expect("it attends");
    let attended = attended.attend(day("2018-09-20"), today).expect("it attended before");
    assert_eq!(attended.attended, Some((day("2018-09-20"), day("2018-10-02"))));
    let too_early = attended.withdraw(day("2018-10-01"), "Moved".to_owned(), today);
    assert_eq!(too_early, Err(YearsViolation::DateBeforeLast { date: day("2018-10-01"), last: day("2018-10-02") }.into()));
    let left = attended.withdraw(day("2018-11-30"), "Moved".to_owned(), today).expect("it leaves");
    let agreed = left.agree(agreement("2018-11-30"), today).expect("the agreement turns up");
    assert_eq!((agreed.state, agreed.agreement.clone()), (YearsState::Withdrawn, Some(agreement("2018-11-30"))));
    assert_eq!(agreed.agree(agreement("2018-11-30"), today), Err(ParticipationViolation::AgreementSigned(day("2018-11-30"))));
    assert!(left.attend(day("2018-11-29"), today).is_ok());
    assert_eq!(left.attend(day("2018-12-01"), today), Err(YearsViolation::Ended(YearsState::Withdrawn).into()));
    assert_eq!(left.agree(agreement("2019-03-02"), today), Err(YearsViolation::DateInFuture(day("2019-03-02")).into()));
    let cancelled = participation().cancel().expect("it is given back");
    assert!(cancelled.agree(agreement("2018-09-01"), today).is_err());
}

#[test]
fn late_evidence_counts_for_days_before_a_deferral_and_after_the_resumption() {
    let today = day("2020-03-02");
    let started = participation().start_year(day("2018-09-10"), today).expect("it starts");
    let resumed = started
        .defer(day("2018-11-05"), today)
        .and_then(|deferred| deferred.resume(day("2019-09-09"), today))
        .expect("it goes on a year later");
    let left = resumed.withdraw(day("2020-02-14"), "Moved".to_owned(), today).expect("it leaves");
    assert!(left.attend(day("2018-11-04"), today).is_ok() && left.attend(day("2020-02-14"), today).is_ok());
    for date in ["2018-11-05", "2019-09-08"].map(day) {
        let in_deferral = left.attend(date, today);
        assert!(
            matches!(in_deferral, Err(ParticipationViolation::Years(YearsViolation::DateInDeferral { .. }))),
            "{date}: {in_deferral:?}"
        );
    }
    assert!(left.attend(day("2020-02-15"), today).is_err());
}

#[test]
fn a_place_is_not_given_back_on_a_day_before_it_was_accepted() {
    let give_back = |date| participation().give_back(day(date), "no staff".to_owned(), day("2018-11-26"));
    let (date, accepted) = (day("2018-05-19"), day("2018-05-20"));
    assert_eq!(give_back("2018-05-19"), Err(ParticipationViolation::DateBeforePlace { date, accepted }));
    assert_eq!(give_back("2018-08-20").expect("it said so in the summer").state, YearsState::Cancelled);
}

#[test]
fn an_error_of_the_years_names_the_call_that_helps() {
    let today = day("2018-11-26");
    let message = |violation: ParticipationViolation| tonic::Status::from(violation.error()).message().to_owned();
    let started = participation().start_year(day("2018-09-10"), today).expect("it starts");
    let deferred = started.defer(day("2018-10-01"), today).expect("it is deferred");
    for (refused, call) in [
        (participation().complete_year(today, today), "StartYear"),
        (participation().withdraw(today, "Moved".to_owned(), today), "WithdrawParticipation"),
        (started.start_year(today, today), "CompleteYear"),
        (started.cancel(), "WithdrawParticipation"),
        (deferred.complete_year(today, today), "ResumeParticipation"),
    ] {
        let message = message(refused.expect_err("it is refused"));
        assert!(message.contains(call), "{message}");
    }
}
