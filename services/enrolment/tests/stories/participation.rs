//! Stories of a place that is taken: agreement, attendance, years, and leaving.

use crate::fixture::*;
use proto::enrolment::v1::{self as pb, ParticipationState, PlaceOrder};

#[tokio::test]
async fn a_place_carries_over_to_the_academy_that_the_school_becomes_in_mid_year() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let lead = fixture.hub_lead(NORTH);
        let name = lead.apply(100_001, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        let participation = lead.accept(&name).await.unwrap().participation;
        fixture.clock.move_to(noon("2018-09-20"));
        lead.start_year(&participation, "2018-09-20").await.unwrap();
        // In January the school closes and opens again as an academy under a new number.
        fixture.sql("UPDATE school SET status_code = 2 WHERE urn = 100001").await;
        fixture.link(100_001, 100_500, false, "2019-01-01").await;
        let academy = fixture.school(100_500);
        assert_eq!(reason(academy.participation(&participation).await), "NOT_FOUND", "not before the day");
        fixture.clock.move_to(noon("2019-07-10"));
        assert_eq!(academy.participation(&participation).await.unwrap().state(), ParticipationState::Active);
        lead.complete_year(&participation, "2019-07-10").await.unwrap();
        fixture.clock.move_to(noon("2019-09-10"));
        let second = lead.start_year(&participation, "2019-09-10").await.unwrap();
        assert_eq!((second.year_number, second.school.as_str()), (2, "schools/100001"));
        let next = pb::Round {
            academic_year: "2020/21".to_owned(),
            window_end_date: "2020-07-31".to_owned(),
            ..round(PlaceOrder::Submission)
        };
        fixture.ncetm().create_round("2020", next).await.unwrap();
        let again = academy.draft_in("rounds/2020", 100_500, NORTH).await.unwrap().name;
        assert_eq!(reason(academy.submit(&again).await), "SCHOOL_HAS_APPLIED", "a school takes part once, under all its URNs");
    }
}

#[tokio::test]
async fn giving_a_place_back_before_the_start_is_a_cancellation_and_leaving_after_it_is_a_withdrawal() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        let lead = fixture.hub_lead(NORTH);
        let first = lead.apply(100_001, NORTH).await.unwrap().name;
        let second = lead.apply(100_002, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        let first_place = lead.accept(&first).await.unwrap().participation;
        let second_place = lead.accept(&second).await.unwrap().participation;
        assert_eq!(reason(lead.leave(&first_place, "2018-05-01").await), "YEAR_NOT_STARTED");
        fixture.clock.move_to(day("2018-08-31").end().plus_micros(-1));
        lead.withdraw(&first).await.unwrap();
        assert_eq!(lead.participation(&first_place).await.unwrap().state(), ParticipationState::Cancelled);
        fixture.clock.move_to(day("2018-09-01").start());
        assert_eq!(reason(lead.withdraw(&second).await), "YEAR_STARTED");
        lead.start_year(&second_place, "2018-09-01").await.unwrap();
        assert_eq!(reason(lead.leave(&second_place, "2018-09-02").await), "DATE_IN_FUTURE");
        lead.leave(&second_place, "2018-09-01").await.unwrap();
        assert_eq!(reason(lead.leave(&second_place, "2018-09-01").await), "STATE_ENDED");
        assert_eq!(lead.places().await.unwrap()[0].accepted_count, 1, "who leaves in the year leaves the place empty");
        let events = fixture.events().await;
        let expected = ["ApplicationWithdrawn", "ParticipationCancelled", "YearStarted", "ParticipationWithdrawn"];
        assert_eq!(events[events.len() - 4..], expected);
    }
}

#[tokio::test]
async fn a_place_whose_year_was_never_started_goes_to_the_next_school_even_after_the_academic_year_began() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let (ncetm, lead) = (fixture.ncetm(), fixture.hub_lead(NORTH));
        let given_back = lead.apply(100_001, NORTH).await.unwrap().name;
        let waits = lead.apply(100_002, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        let place = lead.accept(&given_back).await.unwrap().participation;
        lead.agree(&place, "2018-05-01").await.unwrap();
        // The academy that the school becomes belongs to its lineage.
        fixture.link(100_001, 100_500, false, "2018-10-01").await;
        fixture.clock.move_to(noon("2018-11-26"));
        assert_eq!(reason(lead.withdraw(&given_back).await), "YEAR_STARTED");
        assert_eq!(reason(lead.leave(&place, "2018-11-27").await), "DATE_IN_FUTURE");
        assert_eq!(reason(lead.leave(&place, "2018-04-30").await), "DATE_BEFORE_LAST");
        assert_eq!(reason(fixture.hub_lead(SOUTH).leave(&place, "2018-11-26").await), "NOT_FOUND");
        let cancelled = lead.leave(&place, "2018-11-26").await.unwrap();
        assert_eq!(cancelled.state(), ParticipationState::Cancelled);
        assert_eq!(lead.participation(&place).await.unwrap(), cancelled);
        assert_eq!(lead.application(&given_back).await.unwrap().state(), pb::ApplicationState::Withdrawn);
        assert_eq!(lead.application(&waits).await.unwrap().state(), pb::ApplicationState::Offered);
        assert_eq!(lead.places().await.unwrap()[0].accepted_count, 0);
        let events = fixture.events().await;
        assert_eq!(events[events.len() - 3..], ["ApplicationWithdrawn", "PlaceOffered", "ParticipationCancelled"]);
        assert_eq!(reason(lead.leave(&place, "2018-11-26").await), "STATE_ENDED");
        assert_eq!(reason(lead.start_year(&place, "2018-11-26").await), "STATE_ENDED");

        // The next school takes part in the rest of the year.
        let next_place = lead.accept(&waits).await.unwrap().participation;
        lead.start_year(&next_place, "2018-11-26").await.unwrap();
        assert_eq!(lead.places().await.unwrap()[0].accepted_count, 1);
        let next_year = pb::Round {
            academic_year: "2019/20".to_owned(),
            window_end_date: "2019-07-31".to_owned(),
            ..round(PlaceOrder::Submission)
        };
        ncetm.create_round("2019", next_year).await.unwrap();
        let again = ncetm.draft_in("rounds/2019", 100_500, NORTH).await.unwrap().name;
        let took_part = ncetm.draft_in("rounds/2019", 100_002, NORTH).await.unwrap().name;
        fixture.clock.move_to(noon("2019-05-01"));
        ncetm.submit(&again).await.expect("the school never took part");
        assert_eq!(reason(ncetm.submit(&took_part).await), "SCHOOL_HAS_APPLIED");
    }
}

#[tokio::test]
async fn a_place_given_back_after_its_year_is_not_offered_again() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let lead = fixture.hub_lead(NORTH);
        let given_back = lead.apply(100_001, NORTH).await.unwrap().name;
        let waits = lead.apply(100_002, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        let place = lead.accept(&given_back).await.unwrap().participation;
        fixture.clock.move_to(noon("2019-09-01"));
        assert_eq!(lead.leave(&place, "2019-09-01").await.unwrap().state(), ParticipationState::Cancelled);
        assert_eq!(lead.places().await.unwrap()[0].accepted_count, 0);
        assert_eq!(lead.application(&waits).await.unwrap().state(), pb::ApplicationState::Waitlisted);
    }
}

#[tokio::test]
async fn the_agreement_and_each_day_of_attendance_are_recorded_once_and_may_be_recorded_late() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        let lead = fixture.hub_lead(NORTH);
        let name = lead.apply(100_001, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        let place = lead.accept(&name).await.unwrap().participation;
        let agreed = lead.agree(&place, "2018-05-01").await.unwrap();
        assert_eq!((agreed.state(), agreed.agreement_sign_date.as_str()), (ParticipationState::Enrolled, "2018-05-01"));
        assert_eq!(reason(lead.agree(&place, "2018-05-01").await), "AGREEMENT_SIGNED");
        assert_eq!(reason(fixture.hub_lead(SOUTH).agree(&place, "2018-05-01").await), "NOT_FOUND");
        fixture.clock.move_to(noon("2018-12-10"));
        assert_eq!(reason(fixture.attend(&place, "2018-10-02").await), "YEAR_NOT_STARTED");
        lead.start_year(&place, "2018-09-20").await.unwrap();
        assert_eq!(reason(fixture.attend(&place, "2018-12-11").await), "DATE_IN_FUTURE");
        assert_eq!(fixture.attend(&place, "2018-11-06").await.unwrap().first_attendance_date, "2018-11-06");
        assert_eq!(fixture.attend(&place, "2018-10-02").await.unwrap().first_attendance_date, "2018-10-02");
        // A second meeting of the day.
        fixture.attend(&place, "2018-10-02").await.unwrap();
        assert_eq!(reason(lead.leave(&place, "2018-11-05").await), "DATE_BEFORE_LAST");
        lead.leave(&place, "2018-11-30").await.unwrap();
        assert_eq!(fixture.attend(&place, "2018-11-20").await.unwrap().state(), ParticipationState::Withdrawn);
        assert_eq!(reason(fixture.attend(&place, "2018-12-01").await), "MARK_NOT_ALLOWED");
        let events = fixture.events().await;
        let expected = ["AttendanceRecorded", "AttendanceRecorded", "ParticipationWithdrawn", "AttendanceRecorded"];
        let of_participation = events.into_iter().filter(|name| expected.contains(&name.as_str()));
        assert_eq!(of_participation.collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn an_agreement_is_signed_on_the_day_in_london_on_which_the_place_was_accepted_or_later() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let lead = fixture.hub_lead(NORTH);
        let name = lead.apply(100_001, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        // In London it is the second of May, in universal time still the first.
        fixture.clock.move_to(day("2018-05-02").start());
        let place = lead.accept(&name).await.unwrap().participation;
        assert_eq!(lead.participation(&place).await.unwrap().accept_date, "2018-05-02");
        fixture.clock.move_to(noon("2018-05-10"));
        for too_early in ["1800-01-01", "2018-05-01"] {
            let refused = lead.agree(&place, too_early).await.unwrap_err();
            let said = format!("{too_early} is before 2018-05-02, the day on which the place was accepted");
            assert_eq!(refused.message(), said);
            assert_eq!(reason(Err::<(), _>(refused)), "DATE_BEFORE_LAST");
        }
        assert_eq!(lead.agree(&place, "2018-05-02").await.unwrap().agreement_sign_date, "2018-05-02");
    }
}

/// The hub lead alone made a school's whole case, and the school could not leave it.
#[tokio::test]
async fn a_school_signs_its_agreement_and_leaves_at_any_time() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let (lead, office) = (fixture.hub_lead(NORTH), fixture.school(100_001));
        let name = lead.apply(100_001, NORTH).await.unwrap().name;
        let waits = lead.apply(100_002, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        let place = office.accept(&name).await.unwrap().participation;
        assert_eq!(office.agree(&place, "2018-05-01").await.unwrap().agreement_document, "agreement-2018");
        assert_eq!(reason(fixture.school(100_002).agree(&place, "2018-05-01").await), "NOT_FOUND");
        fixture.clock.move_to(noon("2018-10-01"));
        lead.start_year(&place, "2018-09-10").await.unwrap();
        assert_eq!(reason(fixture.school(100_002).leave(&place, "2018-10-01").await), "NOT_FOUND");
        assert_eq!(office.leave(&place, "2018-10-01").await.unwrap().state(), ParticipationState::Withdrawn);
        // An application that still waits after the year started can be withdrawn too.
        let withdrawn = fixture.school(100_002).withdraw(&waits).await.unwrap();
        assert_eq!(withdrawn.state(), pb::ApplicationState::Withdrawn);
    }
}
