//! Eligibility: who may be nominated, when, and how often.

use proto::specialists::v1::{self as pb, NominationState};
use tonic_types::StatusExt;

use crate::fixture::*;

#[tokio::test]
async fn the_window_is_open_from_its_first_microsecond_to_its_last() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        fixture.clock.move_to(day("2019-02-01").start().plus_micros(-1));
        assert_eq!(reason(ncetm.nominate(100_001, NORTH).await), "WINDOW_CLOSED");
        fixture.clock.move_to(day("2019-02-01").start());
        ncetm.nominate(100_001, NORTH).await.unwrap();
        // The clocks went forward on that day, so the window ends at 23:00 UTC.
        let end = day("2019-03-31").end();
        assert_eq!(end.to_string(), "2019-03-31T23:00:00Z");
        fixture.clock.move_to(end.plus_micros(-1));
        ncetm.nominate(100_002, NORTH).await.unwrap();
        assert_eq!(reason(ncetm.select("", 1).await), "WINDOW_OPEN");
        fixture.clock.move_to(end);
        let late = ncetm.nominate(100_003, NORTH).await;
        assert_eq!(metadata(late.clone(), "window_end_date"), "2019-03-31");
        assert_eq!(late.unwrap_err().message(), "schools can nominate from 2019-02-01 to 2019-03-31, in London");
        ncetm.rank().await.unwrap();
        assert_eq!(ncetm.select("", 9).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn all_reasons_against_a_nomination_are_reported_at_once() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        fixture.schools(&[(200_001, 1, 4), (200_002, 0, 5), (200_003, 2, 2), (200_004, 2, 1)]).await;
        fixture.sql("UPDATE school SET listed = FALSE WHERE urn = 200004").await;
        ncetm.nominate(100_001, NORTH).await.unwrap();
        let why = async |urn, early_career_teacher, person| {
            let request = pb::CreateNominationRequest { early_career_teacher, ..nomination(COHORT, urn, NORTH, person) };
            ncetm.nominate_as(request).await
        };
        let all = why(200_001, true, teacher(100_001)).await;
        let expected = "type_group_not_of_programme,phase_not_of_cohort,early_career_teacher,has_live_nomination";
        assert_eq!(metadata(all.clone(), "why"), expected);
        let status = all.unwrap_err();
        assert_eq!(status.get_details_error_info().unwrap().reason, "NOMINATION_NOT_ELIGIBLE");
        assert_eq!(
            status.message(),
            "the nomination by `schools/200001` is not eligible: the programme does not take schools of the school's type group; the school's phase is not the cohort's; \
             the nominee is an early-career teacher; the nominee has a live nomination"
        );
        assert_eq!(metadata(why(200_002, false, teacher(7)).await, "why"), "phase_not_of_programme");
        assert_eq!(metadata(why(200_003, false, teacher(7)).await, "why"), "closed");
        assert_eq!(reason(why(200_004, false, teacher(7)).await), "NOT_FOUND", "the register no longer lists it");
        assert_eq!(reason(ncetm.nominate(100_002, "hubs/nowhere").await), "NOT_FOUND");
        fixture.sql("UPDATE hub SET end_date = '2019-02-14' WHERE id = 'south'").await;
        assert_eq!(metadata(ncetm.nominate(100_002, SOUTH).await, "end_date"), "2019-02-14", "yesterday was the hub's last day");
        fixture.sql("UPDATE hub SET end_date = '2019-02-15' WHERE id = 'south'").await;
        ncetm.nominate(100_002, SOUTH).await.unwrap();
    }
}

#[tokio::test]
async fn a_person_has_one_live_nomination_in_all_cohorts() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        ncetm.create_cohort("secondary-6", pb::Cohort { number: 6, ..cohort() }).await.unwrap();
        let first = ncetm.nominate(100_001, NORTH).await.unwrap();
        let elsewhere = nomination("cohorts/secondary-6", 100_002, SOUTH, teacher(100_001));
        assert_eq!(metadata(ncetm.nominate_as(elsewhere.clone()).await, "why"), "has_live_nomination");
        assert_eq!(ncetm.withdraw(&first.name).await.unwrap().state(), NominationState::Withdrawn);
        assert_eq!(reason(ncetm.withdraw(&first.name).await), "STATE_ENDED");
        let second = ncetm.nominate_as(elsewhere).await.unwrap();
        assert_eq!(second.person, first.person);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_concurrent_nominations_of_one_person_one_succeeds() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        ncetm.create_cohort("secondary-6", pb::Cohort { number: 6, ..cohort() }).await.unwrap();
        let tasks: Vec<_> = (0..100)
            .map(|number| {
                let ncetm = ncetm.clone();
                let cohort = if number % 2 == 0 { COHORT } else { "cohorts/secondary-6" };
                tokio::spawn(async move { ncetm.nominate_as(nomination(cohort, 100_001, NORTH, teacher(1))).await })
            })
            .collect();
        let mut made = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => made += 1,
                failed => assert_eq!(metadata(failed, "why"), "has_live_nomination"),
            }
        }
        assert_eq!(made, 1);
    }
}

#[tokio::test]
async fn a_nominee_who_was_not_selected_when_the_cohort_began_can_be_nominated_for_the_next() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        let waiting = ncetm.nominate(100_001, NORTH).await.unwrap();
        let next = pb::Cohort {
            number: 6,
            first_academic_year: "2020/21".to_owned(),
            window_end_date: "2020-03-31".to_owned(),
            ..cohort()
        };
        ncetm.create_cohort("secondary-6", next).await.unwrap();
        let again = nomination("cohorts/secondary-6", 100_001, NORTH, teacher(100_001));
        fixture.clock.move_to(day("2019-08-31").end().plus_micros(-1));
        assert_eq!(metadata(ncetm.nominate_as(again.clone()).await, "why"), "has_live_nomination");
        fixture.clock.move_to(day("2019-09-01").start());
        ncetm.nominate_as(again).await.unwrap();
        assert_eq!(ncetm.nomination(&waiting.name).await.unwrap().state(), NominationState::NotSelected);
        let events = fixture.events().await;
        assert_eq!(events[events.len() - 2..], ["NominationLapsed", "SpecialistNominated"]);
    }
}

#[tokio::test]
async fn a_specialist_can_be_nominated_again_after_the_years_of_the_cohort_and_the_old_nomination_stays() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        ncetm.nominate(100_001, NORTH).await.unwrap();
        fixture.clock.move_to(noon(AFTER));
        ncetm.rank().await.unwrap();
        let selected = ncetm.select("", 1).await.unwrap().remove(0);
        let next = pb::Cohort {
            number: 9,
            first_academic_year: "2023/24".to_owned(),
            window_start_date: "2022-02-01".to_owned(),
            window_end_date: "2023-03-31".to_owned(),
            ..cohort()
        };
        ncetm.create_cohort("secondary-9", next).await.unwrap();
        let again = |school| nomination("cohorts/secondary-9", school, NORTH, teacher(100_001));
        // Three years from September 2019: the last night of the third.
        fixture.clock.move_to(day("2022-08-31").end().plus_micros(-1));
        assert_eq!(metadata(ncetm.nominate_as(again(100_001)).await, "why"), "has_live_nomination");
        fixture.clock.move_to(day("2022-09-01").start());
        let second = ncetm.nominate_as(again(100_001)).await.unwrap();
        assert_eq!(second.person, selected.person);
        assert_eq!(ncetm.nomination(&selected.name).await.unwrap(), selected, "the person was a specialist of that cohort");
        assert_eq!(metadata(ncetm.nominate_as(again(100_002)).await, "why"), "has_live_nomination", "the new one is live");
        // A later correction of the old cohort does not make the old nomination live.
        let passed_over = ncetm.decide(&selected.name, NominationState::NotSelected, &selected.etag).await.unwrap();
        let decided = ncetm.decide(&selected.name, NominationState::Selected, &passed_over.etag).await.unwrap();
        assert_eq!(decided.state(), NominationState::Selected);
        assert_eq!(ncetm.withdraw(&second.name).await.unwrap().state(), NominationState::Withdrawn);
        ncetm.nominate_as(again(100_002)).await.expect("the person has no live nomination");
    }
}

#[tokio::test]
async fn a_hub_lead_sees_the_hubs_own_nominations_only_and_a_school_its_own() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let (north, south) = (fixture.hub_lead(NORTH), fixture.hub_lead(SOUTH));
        let own = north.nominate(100_001, NORTH).await.unwrap();
        let other = south.nominate(100_002, SOUTH).await.unwrap();
        assert_eq!(reason(north.nominate(100_003, SOUTH).await), "NOMINATION_NOT_OWN");
        assert_eq!(reason(fixture.school(100_001).nominate(100_003, NORTH).await), "NOMINATION_NOT_OWN");
        assert_eq!(schools_of(&north.nominations().await.unwrap()), [school(100_001)]);
        assert_eq!(schools_of(&fixture.school(100_002).nominations().await.unwrap()), [school(100_002)]);
        assert_eq!(fixture.ncetm().nominations().await.unwrap().len(), 2);
        assert_eq!(reason(north.nomination(&other.name).await), "NOT_FOUND");
        assert_eq!(reason(north.withdraw(&other.name).await), "NOT_FOUND");
        assert_eq!(reason(fixture.school(100_001).withdraw(&other.name).await), "NOT_FOUND");
        fixture.school(100_001).withdraw(&own.name).await.unwrap();
        let filter = async |request: pb::ListNominationsRequest| {
            let request = pb::ListNominationsRequest { parent: COHORT.to_owned(), ..request };
            schools_of(&fixture.ncetm().nominations.clone().list_nominations(request).await.unwrap().into_inner().nominations)
        };
        let all = pb::ListNominationsRequest::default;
        assert_eq!(filter(pb::ListNominationsRequest { hub: SOUTH.to_owned(), ..all() }).await, [school(100_002)]);
        assert_eq!(filter(pb::ListNominationsRequest { school: school(100_001), ..all() }).await, [school(100_001)]);
        // 100001 became the academy 100500 when the year began.
        fixture::link(fixture.pool(), 100_001, 100_500, false, "2018-09-01").await;
        assert_eq!(filter(pb::ListNominationsRequest { school: school(100_500), ..all() }).await, [school(100_001)]);
        let state = NominationState::Withdrawn.into();
        assert_eq!(filter(pb::ListNominationsRequest { state, ..all() }).await, [school(100_001)]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_concurrent_announcements_of_one_cohort_one_succeeds_and_the_others_fail_with_cohort_exists() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        let tasks: Vec<_> = (0..16)
            .map(|number| {
                let ncetm = fixture.ncetm();
                // Half of the calls share the id, and all share the number of the programme and phase.
                let id = if number % 2 == 0 { "secondary-5".to_owned() } else { format!("secondary-five-{number}") };
                tokio::spawn(async move { ncetm.create_cohort(&id, cohort()).await })
            })
            .collect();
        let mut announced = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => announced += 1,
                failed => assert_eq!(reason(failed), "COHORT_EXISTS"),
            }
        }
        assert_eq!((announced, fixture.events().await), (1, vec!["CohortCreated".to_owned()]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn withdrawing_an_unknown_or_foreign_nomination_locks_no_cohort() {
    let Some(database) = db::testing::postgres().await else { return };
    let fixture = Fixture::with_cohort(&database).await;
    let made = fixture.hub_lead(NORTH).nominate(100_001, NORTH).await.unwrap().name;
    let foreign = fixture.school(100_002);
    for name in [made, format!("{COHORT}/nominations/none")] {
        let refused = fixture::while_locked(fixture.pool(), "UPDATE cohort SET version = version", foreign.withdraw(&name)).await;
        assert_eq!(reason(refused), "NOT_FOUND", "{name}");
    }
}

#[tokio::test]
async fn a_cohort_of_a_mistyped_programme_is_refused() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        let mistyped = pb::Cohort { programme: "secondary-teaching-for-mastry".to_owned(), ..cohort() };
        assert_eq!(reason(fixture.ncetm().create_cohort("secondary-5", mistyped).await), "PROGRAMME_UNKNOWN");
        let announced = fixture.ncetm().create_cohort("secondary-5", cohort()).await.unwrap();
        assert_eq!(announced.terms, format!("programmes/{MASTERY}/terms/1"));
    }
}
