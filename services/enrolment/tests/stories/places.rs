//! Places are given in order, are never oversold, and go to the next school when they become free.

use crate::fixture::*;
use proto::enrolment::v1::{self as pb, ApplicationState::*, PlaceOrder};

#[tokio::test]
async fn the_waiting_list_is_offered_places_in_order_of_submission() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        let lead = fixture.hub_lead(NORTH);
        let mut names = Vec::new();
        for urn in [100_005, 100_003, 100_009, 100_001, 100_007] {
            names.push(lead.apply(urn, NORTH).await.unwrap().name);
        }
        let predicted = lead
            .applications
            .clone()
            .offer_places(pb::OfferPlacesRequest {
                request_id: lead.request_id(),
                parent: ROUND.to_owned(),
                hub: NORTH.to_owned(),
                programme: MASTERY.to_owned(),
                offers_count: 0,
                validate_only: true,
            })
            .await
            .unwrap()
            .into_inner();
        assert_eq!(lead.application(&names[0]).await.unwrap().state(), Submitted, "foretelling changes nothing");
        let offered = lead.offer(NORTH, 0).await.unwrap();
        assert_eq!(offered, predicted);
        let chosen: Vec<_> = offered.offered_applications.iter().map(|application| application.name.clone()).collect();
        assert_eq!(chosen, names[..2]);
        assert_eq!(offered.waitlisted_count, 3);
        assert_eq!(offered.offered_applications[0].offer_expire_time, Some(day("2018-05-15").end().to_proto()));

        let place = fixture.school(100_005).accept(&names[0]).await.unwrap();
        assert_eq!(place.state(), Accepted);
        lead.decline(&names[1]).await.unwrap();
        assert_eq!(lead.application(&names[2]).await.unwrap().state(), Offered, "the next is offered what was declined");
        lead.withdraw(&names[0]).await.unwrap();
        assert_eq!(
            lead.application(&names[3]).await.unwrap().state(),
            Offered,
            "the next is offered the place that was given back"
        );
        assert_eq!(lead.application(&names[4]).await.unwrap().state(), Waitlisted);
        lead.withdraw(&names[4]).await.unwrap();
        assert_eq!(lead.participation(&place.participation).await.unwrap().state(), pb::ParticipationState::Cancelled);
        assert_eq!(lead.places().await.unwrap()[0].accepted_count, 0);
        assert_eq!(
            fixture.events().await,
            [
                "RoundCreated",
                "PlacesSet",
                "ApplicationSubmitted",
                "ApplicationSubmitted",
                "ApplicationSubmitted",
                "ApplicationSubmitted",
                "ApplicationSubmitted",
                "PlaceOffered",
                "PlaceOffered",
                "ApplicationWaitlisted",
                "ApplicationWaitlisted",
                "ApplicationWaitlisted",
                "PlaceAccepted",
                "OfferDeclined",
                "PlaceOffered",
                "ApplicationWithdrawn",
                "PlaceOffered",
                "ParticipationCancelled",
                "ApplicationWithdrawn"
            ]
        );
    }
}

#[tokio::test]
async fn areas_with_less_historic_engagement_are_offered_places_first_where_priority_counts() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::PriorityThenSubmission, 3).await;
        fixture.coldness(&[("801", 1, 400000), ("802", 1, 900000), ("801", 2, 999999)]).await;
        let lead = fixture.hub_lead(NORTH);
        // No figure, cool, cold, cold and later, cool and later.
        let mut names = Vec::new();
        for urn in [100_031, 100_011, 100_021, 100_022, 100_012] {
            names.push(lead.apply(urn, NORTH).await.unwrap().name);
        }
        let cold = lead.application(&names[2]).await.unwrap();
        assert_eq!((cold.coldness_ppm, cold.reach_publication.as_str()), (Some(900_000), "reachPublications/p"));
        assert_eq!(lead.application(&names[0]).await.unwrap().coldness_ppm, None);
        let offered = lead.offer(NORTH, 0).await.unwrap().offered_applications;
        let chosen: Vec<_> = offered.iter().map(|application| &application.name).collect();
        assert_eq!(chosen, [&names[2], &names[3], &names[1]]);
        lead.decline(&names[2]).await.unwrap();
        assert_eq!(lead.application(&names[4]).await.unwrap().state(), Offered, "then the cool one that came later");
        lead.decline(&names[3]).await.unwrap();
        assert_eq!(lead.application(&names[0]).await.unwrap().state(), Offered, "without a figure one comes last");
    }
}

#[tokio::test]
async fn an_all_through_school_is_as_cold_as_the_programmes_other_phase_in_its_area() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        let both = round(PlaceOrder::PriorityThenSubmission);
        fixture.programme(&[2, 3, 7]).await;
        let ncetm = fixture.ncetm();
        ncetm.create_round("2018", both.clone()).await.unwrap();
        ncetm.set_places(NORTH, 1, "").await.unwrap();
        // The only all-through school of its authority was never reached; most of the primary ones were.
        fixture.schools(&[(100_700, 3, 1)]).await;
        fixture.coldness(&[("800", 1, 300_000), ("800", 3, 990_000), ("801", 1, 600_000)]).await;
        let lead = fixture.hub_lead(NORTH);
        let all_through = lead.apply(100_700, NORTH).await.unwrap();
        let told = (all_through.coldness_ppm, all_through.coldness_old_la_code.as_str(), all_through.coldness_education_phase);
        assert_eq!(told, (Some(300_000), "800", 1));
        let primary = lead.apply(100_011, NORTH).await.unwrap();
        assert_eq!((primary.coldness_ppm, primary.coldness_education_phase), (Some(600_000), 1));
        assert_eq!(lead.offer(NORTH, 1).await.unwrap().offered_applications[0].name, primary.name);
        assert_eq!(lead.application(&all_through.name).await.unwrap().coldness_education_phase, 1, "it is kept with it");
        // A programme of all-through schools alone compares them with each other.
        lead.withdraw(&all_through.name).await.unwrap();
        fixture.programme(&[7]).await;
        ncetm.create_round("2018-all-through", both).await.unwrap();
        let own = lead.draft_in("rounds/2018-all-through", 100_700, NORTH).await.unwrap().name;
        let own = lead.submit(&own).await.unwrap();
        assert_eq!((own.coldness_ppm, own.coldness_education_phase), (Some(990_000), 3));
    }
}

#[tokio::test]
async fn more_offers_than_places_are_never_accepted_beyond_the_places() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let lead = fixture.hub_lead(NORTH);
        let first = lead.apply(100_001, NORTH).await.unwrap().name;
        let second = lead.apply(100_002, NORTH).await.unwrap().name;
        let third = lead.apply(100_003, NORTH).await.unwrap().name;
        assert_eq!(lead.offer(NORTH, 2).await.unwrap().offered_applications.len(), 2);
        lead.accept(&second).await.unwrap();
        assert_eq!(reason(lead.accept(&first).await), "NO_PLACE_LEFT");
        lead.decline(&first).await.unwrap();
        assert_eq!(lead.application(&third).await.unwrap().state(), Waitlisted, "no place is free, so nobody is offered one");
        let places = lead.places().await.unwrap().remove(0);
        assert_eq!(reason(fixture.ncetm().set_places(NORTH, 0, &places.etag).await), "PLACES_BELOW_ACCEPTED");
        fixture.ncetm().set_places(NORTH, 2, &places.etag).await.unwrap();
        assert_eq!(reason(fixture.ncetm().set_places(NORTH, 3, &places.etag).await), "ETAG_STALE");
        assert_eq!(lead.application(&third).await.unwrap().state(), Waitlisted, "more places offer nothing by themselves");
        assert_eq!(lead.offer(NORTH, 0).await.unwrap().offered_applications[0].name, third);
    }
}

#[tokio::test]
async fn an_offer_lapses_to_the_microsecond_and_the_next_is_offered_the_place() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let lead = fixture.hub_lead(NORTH);
        let first = lead.apply(100_001, NORTH).await.unwrap().name;
        let second = lead.apply(100_002, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        let end = day("2018-05-15").end();
        fixture.clock.move_to(end.plus_micros(-1));
        assert_eq!(fixture.ncetm().lapse().await.unwrap().lapsed_count, 0);
        fixture.clock.move_to(end);
        assert_eq!(reason(lead.accept(&first).await), "OFFER_EXPIRED");
        let lapsed = fixture.ncetm().lapse().await.unwrap();
        assert_eq!((lapsed.lapsed_count, lapsed.offered_count), (1, 1));
        assert_eq!(lead.application(&first).await.unwrap().state(), Lapsed);
        assert_eq!(reason(lead.accept(&first).await), "OFFER_EXPIRED");
        fixture.clock.move_to(day("2018-05-30").end().plus_micros(-1));
        lead.accept(&second).await.unwrap();
        lead.apply(100_001, NORTH).await.expect("a school whose offer lapsed may apply again");
    }
}

#[tokio::test]
async fn a_missed_run_is_made_up_for_by_the_next_and_by_the_periodic_job() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 3).await;
        let lead = fixture.hub_lead(NORTH);
        for urn in 100_001..=100_005 {
            lead.apply(urn, NORTH).await.unwrap();
        }
        lead.offer(NORTH, 0).await.unwrap();
        // Ten nights without a run.
        fixture.clock.move_to(noon("2018-05-25"));
        let shutdown = tokio_util::sync::CancellationToken::new();
        let service = std::sync::Arc::clone(&fixture.service);
        let background = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { service.background(Vec::new(), shutdown).await }
        });
        let states = async || {
            let applications = lead.applications().await.unwrap();
            let count = |state| applications.iter().filter(|application| application.state() == state).count();
            (count(Lapsed), count(Offered))
        };
        for _ in 0..200 {
            if states().await == (3, 2) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        assert_eq!(states().await, (3, 2), "all three lapse, and the two that waited are offered places");
        shutdown.cancel();
        background.await.unwrap();
    }
}

/// Seeds of the races: a few here, many with `MATHSHUBS_TEST_SEEDS=200 cargo test -p enrolment --test stories places`.
fn seeds() -> u64 {
    db::testing::number_from_environment("MATHSHUBS_TEST_SEEDS", 3).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_256_concurrent_acceptances_exactly_the_places_succeed() {
    const ACCEPTORS: i64 = 256;
    for seed in 0..seeds() {
        let places = [0, 1, 7, 100, 255, 256, 300][usize::try_from(seed % 7).unwrap()];
        let places = if seed == 0 { 1 } else { places };
        for database in db::testing::databases().await {
            let fixture = Fixture::with_round(&database, PlaceOrder::Submission, places).await;
            let lead = fixture.hub_lead(NORTH);
            let mut names = Vec::new();
            for urn in 100_001..100_001 + ACCEPTORS {
                names.push((urn, lead.apply(urn, NORTH).await.unwrap().name));
            }
            let offered = lead.offer(NORTH, 256).await.unwrap();
            assert_eq!(offered.offered_applications.len(), 256);
            // The seed rotates the order of the calls.
            names.rotate_left(usize::try_from(seed * 37 % 256).unwrap());
            let started = std::time::Instant::now();
            let granted = fixture.accept_at_once(names, "NO_PLACE_LEFT").await;
            let elapsed = started.elapsed();
            println!("{:?}, {places} places: {granted} granted of 256 in {elapsed:?}", fixture.service.context.pool);
            assert_eq!(granted, places.min(256));
            assert_eq!(lead.places().await.unwrap()[0].accepted_count, granted);
            let accepted = lead.applications().await.unwrap().iter().filter(|one| one.state() == Accepted).count();
            assert_eq!(i32::try_from(accepted).unwrap(), granted);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_offers_answers_and_withdrawals_neither_oversell_nor_deadlock() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 20).await;
        let lead = fixture.hub_lead(NORTH);
        let mut names = Vec::new();
        for number in 0..60 {
            names.push(lead.apply(100_001 + number, NORTH).await.unwrap().name);
        }
        lead.offer(NORTH, 0).await.unwrap();
        let mut tasks = Vec::new();
        for (number, name) in names.iter().cloned().enumerate() {
            for verb in 0..3 {
                let (lead, name, ncetm) = (lead.clone(), name.clone(), fixture.ncetm());
                let school = fixture.school(100_001 + i64::try_from(number).unwrap());
                tasks.push(tokio::spawn(async move {
                    match (number + verb) % 5 {
                        0 => school.accept(&name).await.map(drop),
                        1 => lead.decline(&name).await.map(drop),
                        2 => lead.withdraw(&name).await.map(drop),
                        3 => lead.offer(NORTH, 2).await.map(drop),
                        _ => ncetm.lapse().await.map(drop),
                    }
                }));
            }
        }
        for task in tasks {
            if let Err(status) = task.await.unwrap() {
                assert_eq!(status.code(), tonic::Code::FailedPrecondition, "{status}");
            }
        }
        let places = lead.places().await.unwrap().remove(0);
        let applications = lead.applications().await.unwrap();
        let accepted = applications.iter().filter(|one| one.state() == Accepted).count();
        assert_eq!(usize::try_from(places.accepted_count).unwrap(), accepted);
        assert!(places.accepted_count <= places.places_count);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_equal_concurrent_requests_have_one_effect_and_one_answer() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 50).await;
        let school = fixture.school(100_001);
        let lead = fixture.hub_lead(NORTH);
        let draft = lead.draft(100_001, NORTH).await.unwrap();
        let submit =
            pb::SubmitApplicationRequest { request_id: "once".to_owned(), name: draft.name.clone(), etag: String::new() };
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let (mut client, submit) = (lead.applications.clone(), submit.clone());
                tokio::spawn(async move { client.submit_application(submit).await.unwrap().into_inner() })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
        lead.offer(NORTH, 0).await.unwrap();
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let (school, name) = (school.clone(), draft.name.clone());
                tokio::spawn(async move { school.accept_as("accept-once", &name).await.unwrap() })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(lead.places().await.unwrap()[0].accepted_count, 1);
        assert_eq!(reason(school.accept(&draft.name).await), "STATE_NOT_OFFERED", "another request finds it accepted");
        assert_eq!(reason(lead.accept_as("once", &draft.name).await), "REQUEST_ID_REUSED");
        let count = |events: &[String], name: &str| events.iter().filter(|event| *event == name).count();
        let events = fixture.events().await;
        assert_eq!((count(&events, "ApplicationSubmitted"), count(&events, "PlaceAccepted")), (1, 1));
    }
}
