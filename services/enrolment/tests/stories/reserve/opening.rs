//! The day on which kept places open has come, and the job that opens them has not run: each call does what the job would do, before its own change.

use db::testing::TestDatabase;

use super::*;
use crate::at_once::{meet, slow};

/// The number of times that the reserve of places has changed.
async fn changes_count(fixture: &Fixture) -> usize {
    fixture.events().await.into_iter().filter(|event| event == "PlacesReserveChanged").count()
}

#[tokio::test]
async fn a_school_accepts_a_kept_place_on_its_day_before_the_job_and_the_waiting_list_is_offered_the_rest() {
    for database in db::testing::databases().await {
        let fixture = keeping(&database, 500, 4).await;
        let lead = fixture.hub_lead(NORTH);
        let others = apply(&fixture, [100_001, 100_002, 100_003, 100_005, 100_006]).await;
        fixture.clock.move_to(noon("2018-06-08"));
        lead.offer(NORTH, 5).await.unwrap();
        lead.accept(&others[0]).await.unwrap();
        lead.accept(&others[1]).await.unwrap();
        let school = fixture.school(100_003);
        assert_eq!(reason(school.accept(&others[2]).await), "PLACES_RESERVED");
        assert_eq!(states(&fixture, &others[2..]).await, [Offered, Waitlisted, Waitlisted]);

        fixture.clock.move_to(day("2018-06-10").start());
        school.accept(&others[2]).await.unwrap();
        assert_eq!(states(&fixture, &others[2..]).await, [Accepted, Offered, Waitlisted]);
        assert_eq!(lead.places().await.unwrap()[0].reserved_count, 0);
        assert_eq!(fixture.ncetm().lapse().await.unwrap(), pb::LapseOffersResponse::default(), "nothing is left for the job");
        fixture.school(100_005).accept(&others[3]).await.unwrap();
        assert_eq!(changes_count(&fixture).await, 1);
    }
}

#[tokio::test]
async fn one_offer_on_the_day_comes_after_the_offers_of_the_opened_places_to_the_waiting_list() {
    for database in db::testing::databases().await {
        let fixture = keeping(&database, 500, 4).await;
        let lead = fixture.hub_lead(NORTH);
        let others = apply(&fixture, [100_001, 100_002, 100_003, 100_005]).await;
        fixture.clock.move_to(noon("2018-06-08"));
        lead.offer(NORTH, 0).await.unwrap();
        let submitted = apply(&fixture, [100_006, 100_007]).await;
        fixture.clock.move_to(noon("2018-06-10"));
        let answer = lead.offer(NORTH, 1).await.unwrap();
        let offered: Vec<_> = answer.offered_applications.iter().map(|application| &application.name).collect();
        assert_eq!(offered, [&others[2], &others[3], &submitted[0]]);
        assert_eq!(answer.waitlisted_count, 1);
        assert_eq!(fixture.ncetm().lapse().await.unwrap(), pb::LapseOffersResponse::default());
    }
}

/// A call on the day.
#[derive(Debug, Clone, Copy)]
enum OnTheDay {
    Accept,
    Offer,
    Decline,
    Withdraw,
    GiveBack,
    SetPlaces,
    UpdateRound,
}

/// On 10 October, when the four kept places of eight open: four others and a cold school have accepted, two cold schools have an offer, and the hub has made
/// no offer of the eighth place. Gives the names of the others' applications and of the cold ones', of which the last two and the last one wait.
async fn on_the_day(database: &TestDatabase) -> (Fixture, Vec<String>, Vec<String>) {
    let fixture = keeping_until(database, 500, 8, "2018-10-10").await;
    let lead = fixture.hub_lead(NORTH);
    let others = apply(&fixture, [100_001, 100_002, 100_003, 100_005, 100_006, 100_007]).await;
    let cold = apply(&fixture, [100_041, 100_042, 100_043, 100_044]).await;
    fixture.clock.move_to(noon("2018-10-01"));
    assert_eq!(lead.offer(NORTH, 7).await.unwrap().offered_applications.len(), 7);
    for name in others.iter().take(4).chain(cold.iter().take(1)) {
        lead.accept(name).await.unwrap();
    }
    assert_eq!(states(&fixture, &others[4..]).await, [Waitlisted, Waitlisted]);
    assert_eq!(states(&fixture, &cold).await, [Accepted, Offered, Offered, Waitlisted]);
    fixture.clock.move_to(noon("2018-10-10"));
    (fixture, others, cold)
}

impl OnTheDay {
    async fn run(self, fixture: &Fixture, cold: &[String]) {
        let (ncetm, lead) = (fixture.ncetm(), fixture.hub_lead(NORTH));
        match self {
            Self::Accept => drop(lead.accept(&cold[1]).await.unwrap()),
            Self::Offer => drop(lead.offer(NORTH, 1).await.unwrap()),
            Self::Decline => drop(lead.decline(&cold[1]).await.unwrap()),
            Self::Withdraw => drop(lead.withdraw(&cold[1]).await.unwrap()),
            Self::GiveBack => {
                let participation = lead.application(&cold[0]).await.unwrap().participation;
                lead.leave(&participation, "2018-10-10").await.unwrap();
            }
            Self::SetPlaces => {
                let places = ncetm.places().await.unwrap().remove(0);
                ncetm.set_places(NORTH, 9, &places.etag).await.unwrap();
            }
            Self::UpdateRound => {
                let read = ncetm.rounds.clone().get_round(pb::GetRoundRequest { name: ROUND.to_owned() }).await.unwrap();
                let mut round = read.into_inner().round.unwrap();
                let later = pb::PlaceOrderPolicy {
                    start_date: "2018-11-01".to_owned(),
                    ..kept(&round.place_order_policies[0], 250, "2018-12-01")
                };
                round.place_order_policies.push(later);
                let update = pb::UpdateRoundRequest { request_id: ncetm.request_id(), round: Some(round) };
                ncetm.rounds.clone().update_round(update).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn the_result_of_a_call_on_the_day_is_the_same_before_and_after_the_job() {
    use OnTheDay::*;
    for call in [Accept, Offer, Decline, Withdraw, GiveBack, SetPlaces, UpdateRound] {
        let mut results = Vec::new();
        for job_comes_first in [true, false] {
            for database in db::testing::databases().await {
                let (fixture, others, cold) = on_the_day(&database).await;
                if job_comes_first {
                    fixture.ncetm().lapse().await.unwrap();
                }
                call.run(&fixture, &cold).await;
                fixture.ncetm().lapse().await.unwrap();
                let places = fixture.ncetm().places().await.unwrap().remove(0);
                let counts = (places.places_count, places.accepted_count, places.cold_accepted_count, places.reserved_count);
                results.push((states(&fixture, &others).await, states(&fixture, &cold).await, counts));
            }
        }
        assert!(results.iter().all(|result| *result == results[0]), "{call:?}: {results:?}");
        // The first on the waiting list is offered the place that opened; a place that the call freed, or offered, goes to the second.
        let goes_on = matches!(call, Offer | Decline | Withdraw | GiveBack);
        assert_eq!(results[0].0[4..], [Offered, if goes_on { Offered } else { Waitlisted }], "{call:?}");
        assert_eq!(results[0].1[3], Waitlisted, "{call:?}");
    }
}

#[tokio::test]
async fn an_application_that_is_withdrawn_on_the_day_hands_the_place_that_it_was_offered_on_to_the_next() {
    for database in db::testing::databases().await {
        let (fixture, others, _) = on_the_day(&database).await;
        fixture.hub_lead(NORTH).withdraw(&others[4]).await.unwrap();
        assert_eq!(states(&fixture, &others[4..]).await, [Withdrawn, Offered]);
    }
}

#[tokio::test]
async fn a_reserve_that_begins_on_a_day_binds_an_acceptance_of_that_day_before_the_job() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        let (ncetm, lead) = (fixture.ncetm(), fixture.hub_lead(NORTH));
        let read = ncetm.rounds.clone().get_round(pb::GetRoundRequest { name: ROUND.to_owned() }).await.unwrap();
        let mut round = read.into_inner().round.unwrap();
        let policy = kept(&round.place_order_policies[0], 500, "2018-07-01");
        round.place_order_policies.push(pb::PlaceOrderPolicy { start_date: "2018-06-10".to_owned(), ..policy });
        let update = pb::UpdateRoundRequest { request_id: ncetm.request_id(), round: Some(round) };
        ncetm.rounds.clone().update_round(update).await.unwrap();
        let others = apply(&fixture, [100_001, 100_002]).await;
        fixture.clock.move_to(noon("2018-06-08"));
        lead.offer(NORTH, 0).await.unwrap();
        lead.accept(&others[0]).await.unwrap();
        fixture.clock.move_to(noon("2018-06-10"));
        let refused = fixture.school(100_002).accept(&others[1]).await;
        assert!(refused.as_ref().is_err_and(|status| status.message().contains("2018-07-01")), "{refused:?}");
        assert_eq!(reason(refused), "PLACES_RESERVED");
        ncetm.lapse().await.unwrap();
        assert_eq!(lead.places().await.unwrap()[0].reserved_count, 1);
        assert_eq!(reason(fixture.school(100_002).accept(&others[1]).await), "PLACES_RESERVED");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_200_concurrent_acceptances_on_the_day_as_many_succeed_as_there_are_places_and_the_places_open_once() {
    for database in db::testing::databases().await {
        let fixture = keeping(&database, 900, 10).await;
        let lead = fixture.hub_lead(NORTH);
        let urns: Vec<i64> = (100_001..=100_600).filter(|urn| urn / 10 % 10 != 4).take(200).collect();
        let names = apply(&fixture, urns.clone()).await;
        fixture.clock.move_to(noon("2018-06-08"));
        assert_eq!(lead.offer(NORTH, 209).await.unwrap().offered_applications.len(), 200);
        fixture.clock.move_to(noon("2018-06-10"));
        let granted = fixture.accept_at_once(urns.into_iter().zip(names), "NO_PLACE_LEFT").await;
        let places = lead.places().await.unwrap().remove(0);
        assert_eq!((granted, places.accepted_count, places.reserved_count), (10, 10, 0));
        assert_eq!(changes_count(&fixture).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_of_the_policies_and_the_job_lock_the_places_of_a_round_in_one_order() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        let ncetm = fixture.ncetm();
        let mut kept_until_june = round(PlaceOrder::Submission);
        kept_until_june.place_order_policies[0] = kept(&kept_until_june.place_order_policies[0], 500, "2018-06-10");
        let mut announced = ncetm.create_round("2018", kept_until_june).await.unwrap();
        // The rows are in the other order than that of the hubs.
        ncetm.set_places(SOUTH, 4, "").await.unwrap();
        ncetm.set_places(NORTH, 4, "").await.unwrap();
        fixture.clock.move_to(noon("2018-06-10"));
        let policy = kept(&announced.place_order_policies[0], 250, "2018-07-01");
        announced.place_order_policies.push(pb::PlaceOrderPolicy { start_date: "2018-06-20".to_owned(), ..policy });
        slow(&fixture, &database, "UPDATE", "places").await;
        let update = pb::UpdateRoundRequest { request_id: ncetm.request_id(), round: Some(announced) };
        let job = {
            let ncetm = ncetm.clone();
            async move { ncetm.lapse().await }
        };
        let (opened, updated) = meet(job, ncetm.rounds.clone().update_round(update)).await;
        assert_eq!(opened.unwrap().opened_count, 4);
        updated.unwrap();
    }
}
