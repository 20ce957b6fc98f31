//! Places are kept until a day for schools of the coldest authorities.

mod opening;

use proto::enrolment::v1::{self as pb, ApplicationState::*, PlaceOrder};

use crate::fixture::*;

/// With a round that keeps a share of its places until 10 June for the coldest of five ranked authorities, which is 804; and places in the north.
async fn keeping(database: &db::testing::TestDatabase, reserved_permille: i32, places_count: i32) -> Fixture {
    keeping_until(database, reserved_permille, places_count, "2018-06-10").await
}

async fn keeping_until(database: &db::testing::TestDatabase, reserved_permille: i32, places_count: i32, until: &str) -> Fixture {
    let fixture = Fixture::open(database).await;
    let areas = [("800", 1, 100_000), ("801", 1, 200_000), ("802", 1, 300_000), ("803", 1, 400_000), ("804", 1, 900_000)];
    fixture.coldness(&areas).await;
    let mut round = round(PlaceOrder::Submission);
    round.place_order_policies[0] = kept(&round.place_order_policies[0], reserved_permille, until);
    let ncetm = fixture.ncetm();
    ncetm.create_round("2018", round).await.unwrap();
    ncetm.set_places(NORTH, places_count, "").await.unwrap();
    fixture
}

fn kept(policy: &pb::PlaceOrderPolicy, reserved_permille: i32, until: &str) -> pb::PlaceOrderPolicy {
    pb::PlaceOrderPolicy { reserved_permille, reserved_until_date: until.to_owned(), cold_permille: 200, ..policy.clone() }
}

/// Schools that apply, in this order; the names of their applications.
async fn apply(fixture: &Fixture, urns: impl IntoIterator<Item = i64>) -> Vec<String> {
    let lead = fixture.hub_lead(NORTH);
    let mut names = Vec::new();
    for urn in urns {
        names.push(lead.apply(urn, NORTH).await.unwrap().name);
    }
    names
}

async fn states(fixture: &Fixture, names: &[String]) -> Vec<pb::ApplicationState> {
    let lead = fixture.hub_lead(NORTH);
    let mut states = Vec::new();
    for name in names {
        states.push(lead.application(name).await.unwrap().state());
    }
    states
}

#[tokio::test]
async fn a_cold_school_behind_others_is_offered_a_kept_place_and_the_others_wait_for_their_share() {
    for database in db::testing::databases().await {
        let fixture = keeping(&database, 500, 4).await;
        let lead = fixture.hub_lead(NORTH);
        let others = apply(&fixture, [100_001, 100_002, 100_003]).await;
        let cold = apply(&fixture, [100_041, 100_042, 100_043]).await;
        let judged = lead.application(&cold[0]).await.unwrap();
        assert_eq!((judged.coldness_rank, judged.coldness_ranked_count), (1, 5));
        let offered = lead.offer(NORTH, 0).await.unwrap();
        let chosen: Vec<_> = offered.offered_applications.iter().map(|application| &application.name).collect();
        assert_eq!(chosen, [&others[0], &others[1], &cold[0], &cold[1]]);
        assert_eq!(
            (states(&fixture, &others).await, states(&fixture, &cold).await),
            (vec![Offered, Offered, Waitlisted], vec![Offered, Offered, Waitlisted])
        );

        fixture.school(100_001).accept(&others[0]).await.unwrap();
        lead.decline(&others[1]).await.unwrap();
        assert_eq!(states(&fixture, &others[2..]).await, [Offered], "what another school declined goes to the next in the queue");
        lead.decline(&cold[0]).await.unwrap();
        assert_eq!(states(&fixture, &cold[2..]).await, [Offered], "what a cold school declined is still kept for one");
        fixture.school(100_042).accept(&cold[1]).await.unwrap();
        lead.decline(&cold[2]).await.unwrap();
        let waits = apply(&fixture, [100_004]).await;
        let nothing = lead.offer(NORTH, 0).await.unwrap();
        assert_eq!((nothing.offered_applications.len(), nothing.waitlisted_count), (0, 1), "one place is free, and it is kept");
        let places = lead.places().await.unwrap().remove(0);
        assert_eq!((places.reserved_count, places.accepted_count, places.cold_accepted_count), (2, 2, 1));

        // A place that a cold school gives back is kept again.
        lead.withdraw(&cold[1]).await.unwrap();
        assert_eq!(states(&fixture, &waits).await, [Waitlisted]);
        let places = lead.places().await.unwrap().remove(0);
        assert_eq!((places.reserved_count, places.accepted_count, places.cold_accepted_count), (2, 1, 0));
    }
}

#[tokio::test]
async fn more_offers_than_places_take_no_kept_place_and_neither_does_a_statement_of_the_database() {
    for database in db::testing::databases().await {
        let fixture = keeping(&database, 500, 4).await;
        let lead = fixture.hub_lead(NORTH);
        let others = apply(&fixture, [100_001, 100_002, 100_003, 100_005]).await;
        // The hub offers five places, because some schools decline; two of them are kept.
        assert_eq!(lead.offer(NORTH, 5).await.unwrap().offered_applications.len(), 3);
        lead.accept(&others[0]).await.unwrap();
        lead.accept(&others[1]).await.unwrap();
        let refused = lead.accept(&others[2]).await;
        assert!(refused.as_ref().is_err_and(|status| status.message().contains("2018-06-10")), "{refused:?}");
        assert_eq!(reason(refused), "PLACES_RESERVED");
        for statement in
            ["accepted_count = accepted_count + 1", "reserved_count = reserved_count + 1", "places_count = places_count - 1"]
        {
            let statement = fixture::try_execute(fixture.pool(), format!("UPDATE places SET {statement}")).await;
            assert!(statement.unwrap_err().to_string().contains("places_reserved"));
        }
        // A school of a cold authority gets a place that is kept.
        let cold = apply(&fixture, [100_041]).await;
        lead.offer(NORTH, 1).await.unwrap();
        lead.accept(&cold[0]).await.unwrap();
        let places = lead.places().await.unwrap().remove(0);
        assert_eq!((places.accepted_count, places.cold_accepted_count), (3, 1));
    }
}

#[tokio::test]
async fn kept_places_open_on_their_day_also_after_missed_nights() {
    for database in db::testing::databases().await {
        let fixture = keeping(&database, 500, 4).await;
        let lead = fixture.hub_lead(NORTH);
        let others = apply(&fixture, [100_001, 100_002, 100_003, 100_005]).await;
        lead.offer(NORTH, 0).await.unwrap();
        lead.accept(&others[0]).await.unwrap();
        lead.accept(&others[1]).await.unwrap();
        let lapse = async || fixture.ncetm().lapse().await.unwrap();
        fixture.clock.move_to(day("2018-06-10").start().plus_micros(-1));
        assert_eq!(lapse().await, pb::LapseOffersResponse::default(), "the day has not come");
        // Four nights without a run.
        fixture.clock.move_to(noon("2018-06-14"));
        assert_eq!(lapse().await, pb::LapseOffersResponse { opened_count: 2, offered_count: 2, lapsed_count: 0 });
        assert_eq!(states(&fixture, &others).await, [Accepted, Accepted, Offered, Offered]);
        lead.accept(&others[2]).await.unwrap();
        lead.accept(&others[3]).await.unwrap();
        assert_eq!(lead.places().await.unwrap()[0].reserved_count, 0);
        assert_eq!(lapse().await, pb::LapseOffersResponse::default(), "it opens once");
        let opened = fixture.events().await.into_iter().filter(|event| event == "PlacesReserveChanged");
        assert_eq!(opened.count(), 1);
    }
}

#[tokio::test]
async fn a_later_policy_changes_what_is_kept_on_its_first_day_and_takes_no_place_back() {
    for database in db::testing::databases().await {
        let fixture = keeping(&database, 250, 4).await;
        let (ncetm, lead) = (fixture.ncetm(), fixture.hub_lead(NORTH));
        let others = apply(&fixture, [100_001, 100_002, 100_003]).await;
        // 803 is among the coldest two fifths.
        let wider = apply(&fixture, [100_031]).await;
        lead.offer(NORTH, 0).await.unwrap();
        for name in &others {
            lead.accept(name).await.unwrap();
        }
        let read = ncetm.rounds.clone().get_round(pb::GetRoundRequest { name: ROUND.to_owned() }).await.unwrap();
        let mut next = read.into_inner().round.unwrap();
        let policy = kept(&next.place_order_policies[0], 500, "2018-07-01");
        next.place_order_policies.push(pb::PlaceOrderPolicy {
            start_date: "2018-05-20".to_owned(),
            cold_permille: 400,
            ..policy
        });
        let update = pb::UpdateRoundRequest { request_id: ncetm.request_id(), round: Some(next.clone()) };
        let updated = ncetm.rounds.clone().update_round(update).await.unwrap().into_inner().round.unwrap();
        assert_eq!(updated.place_order_policies, next.place_order_policies);
        let count = async || lead.places().await.unwrap().remove(0).reserved_count;
        assert_eq!(count().await, 1);
        fixture.clock.move_to(noon("2018-05-20"));
        ncetm.lapse().await.unwrap();
        assert_eq!(count().await, 1, "two of four would be kept, and three are accepted by others");
        lead.offer(NORTH, 0).await.unwrap();
        fixture.school(100_031).accept(&wider[0]).await.unwrap();
        let places = lead.places().await.unwrap().remove(0);
        assert_eq!((places.accepted_count, places.cold_accepted_count), (4, 1));
        // More places: the share of the new ones is kept too.
        let more = ncetm.set_places(NORTH, 10, &places.etag).await.unwrap();
        assert_eq!(more.reserved_count, 5);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_200_concurrent_acceptances_of_the_last_open_place_one_succeeds_and_the_kept_ones_stay_free() {
    for database in db::testing::databases().await {
        let fixture = keeping(&database, 900, 10).await;
        let lead = fixture.hub_lead(NORTH);
        let is_cold = |urn: &i64| urn / 10 % 10 == 4;
        let urns: Vec<i64> = (100_001..=100_600).filter(|urn| !is_cold(urn)).take(200).collect();
        let names = apply(&fixture, urns.clone()).await;
        assert_eq!(lead.offer(NORTH, 209).await.unwrap().offered_applications.len(), 200);
        let granted = fixture.accept_at_once(urns.into_iter().zip(names), "PLACES_RESERVED").await;
        let places = lead.places().await.unwrap().remove(0);
        assert_eq!((granted, places.accepted_count, places.cold_accepted_count, places.reserved_count), (1, 1, 0, 9));
        let cold: Vec<i64> = (100_001..=100_600).filter(is_cold).take(10).collect();
        let names = apply(&fixture, cold.clone()).await;
        lead.offer(NORTH, 10).await.unwrap();
        let mut granted = 0;
        for (urn, name) in cold.into_iter().zip(&names) {
            match fixture.school(urn).accept(name).await {
                Ok(_) => granted += 1,
                refused => assert_eq!(reason(refused), "NO_PLACE_LEFT"),
            }
        }
        assert_eq!(granted, 9);
    }
}
