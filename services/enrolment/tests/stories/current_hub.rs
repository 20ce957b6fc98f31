//! The current hub of a participation: the one that the school's lineage has chosen, from the first day of the choice on.

use proto::{
    enrolment::v1::{self as pb, ParticipationState, PlaceOrder},
    meeting::v1 as meeting,
};

use crate::{fixture::*, meetings::calls::meeting as day_of, work_groups};

const EAST: &str = "hubs/east";

/// The participations that a caller sees, in order of their id.
async fn listed(voice: &Client) -> Vec<String> {
    let request = pb::ListParticipationsRequest::default();
    let page = voice.participations.clone().list_participations(request).await.unwrap().into_inner();
    page.participations.into_iter().map(|found| found.name).collect()
}

/// In the order of a list. Ids of one instant are in no order.
fn sorted<const N: usize>(names: [&String; N]) -> Vec<String> {
    let mut names = names.map(Clone::clone).to_vec();
    names.sort();
    names
}

/// The participation of a school that the north gave a place.
async fn place(fixture: &Fixture, urn: i64) -> String {
    let ncetm = fixture.ncetm();
    let applied = ncetm.apply(urn, NORTH).await.unwrap();
    ncetm.offer(NORTH, 1).await.unwrap();
    ncetm.accept(&applied.name).await.unwrap().participation
}

#[tokio::test]
async fn a_participation_moves_with_its_school_on_the_first_day_of_a_choice() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 3).await;
        let (north, south) = (fixture.hub_lead(NORTH), fixture.hub_lead(SOUTH));
        let moved = place(&fixture, 100_001).await;
        let kept = place(&fixture, 100_002).await;
        fixture.choice(100_001, NORTH, "2018-05-01").await;
        fixture.choice(100_001, SOUTH, "2018-09-10").await;

        fixture.clock.move_to(noon("2018-09-09"));
        assert_eq!(listed(&north).await, sorted([&moved, &kept]));
        assert_eq!(listed(&south).await, [""; 0]);
        assert_eq!(north.participation(&moved).await.unwrap().current_hub, NORTH);
        assert_eq!(reason(south.participation(&moved).await), "NOT_FOUND");
        assert_eq!(reason(south.start_year(&moved, "2018-09-03").await), "NOT_FOUND");

        fixture.clock.move_to(noon("2018-09-10"));
        assert_eq!(listed(&north).await, [kept]);
        assert_eq!(listed(&south).await, std::slice::from_ref(&moved));
        let found = south.participation(&moved).await.unwrap();
        assert_eq!((found.hub.as_str(), found.current_hub.as_str()), (NORTH, SOUTH));
        for refused in [
            north.participation(&moved).await,
            north.start_year(&moved, "2018-09-10").await,
            north.agree(&moved, "2018-09-10").await,
            north.leave(&moved, "2018-09-10").await,
        ] {
            assert_eq!(reason(refused), "NOT_FOUND");
        }
        assert_eq!(south.start_year(&moved, "2018-09-10").await.unwrap().current_hub, SOUTH);
        assert_eq!(south.agree(&moved, "2018-09-10").await.unwrap().current_hub, SOUTH);
        let left = south.leave(&moved, "2018-09-10").await.unwrap();
        assert_eq!((left.state(), left.hub.as_str()), (ParticipationState::Withdrawn, NORTH));
    }
}

#[tokio::test]
async fn an_academy_and_the_school_before_it_are_one_lineage_of_choices() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 4).await;
        fixture::hubs(fixture.pool(), &["east"]).await;
        // 100001 becomes the academy 100002 on 1 June 2018; 100003 becomes 100004; 100005 splits, and 100006 is another school.
        fixture.link(100_001, 100_002, false, "2018-06-01").await;
        fixture.link(100_003, 100_004, false, "2018-05-01").await;
        fixture.link(100_005, 100_006, true, "2018-05-01").await;
        let (before, after, split) =
            (place(&fixture, 100_001).await, place(&fixture, 100_004).await, place(&fixture, 100_005).await);
        // The academy chooses, its predecessor had a place; and a predecessor chose, its academy has a place.
        fixture.choice(100_002, SOUTH, "2018-05-15").await;
        fixture.choice(100_003, EAST, "2016-09-01").await;
        fixture.choice(100_006, EAST, "2016-09-01").await;
        let current = async |place: &str| fixture.ncetm().participation(place).await.unwrap().current_hub;
        fixture.clock.move_to(noon("2018-05-31"));
        assert_eq!([current(&before).await, current(&after).await, current(&split).await], [NORTH, EAST, NORTH]);
        assert_eq!(listed(&fixture.hub_lead(SOUTH)).await, [""; 0], "the link does not hold yet");
        fixture.clock.move_to(noon("2018-06-01"));
        assert_eq!(current(&before).await, SOUTH);
        assert_eq!(listed(&fixture.hub_lead(NORTH)).await, [split]);
        assert_eq!(listed(&fixture.hub_lead(SOUTH)).await, std::slice::from_ref(&before));
        assert_eq!(listed(&fixture.hub_lead(EAST)).await, [after]);
        // Two choices from one day: that of the academy counts.
        fixture.choice(100_001, EAST, "2018-05-15").await;
        assert_eq!(current(&before).await, SOUTH);
    }
}

#[tokio::test]
async fn a_school_may_apply_to_a_hub_that_it_did_not_choose_and_the_answer_says_so() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        let school = fixture.school(100_001);
        let draft = school.draft(100_001, NORTH).await.unwrap();
        assert_eq!((draft.hub.as_str(), draft.chosen_hub.as_str()), (NORTH, ""), "it has chosen none");
        fixture.choice(100_001, SOUTH, "2018-05-01").await;
        let submitted = school.submit(&draft.name).await.unwrap();
        assert_eq!((submitted.hub.as_str(), submitted.chosen_hub.as_str()), (NORTH, SOUTH));
        let north = fixture.hub_lead(NORTH);
        let offered = north.offer(NORTH, 1).await.unwrap().offered_applications;
        assert_eq!(offered[0].chosen_hub, SOUTH, "the hub reads it before it gives the place");
        assert_eq!(north.applications().await.unwrap()[0].chosen_hub, SOUTH);

        let accepted = school.accept(&draft.name).await.unwrap();
        let payload = "SELECT payload FROM event WHERE type = 'mathshubs.enrolment.v1.PlaceAccepted'";
        let (payload,): (Vec<u8>,) = rows(fixture.pool(), payload).await.remove(0);
        let event: pb::PlaceAccepted = prost::Message::decode(payload.as_slice()).unwrap();
        let begun = event.participation.unwrap();
        assert_eq!((begun.hub.as_str(), begun.current_hub.as_str()), (NORTH, SOUTH));
        assert_eq!(fixture.hub_lead(SOUTH).participation(&accepted.participation).await.unwrap(), begun);
        assert_eq!(reason(north.participation(&accepted.participation).await), "NOT_FOUND");
        let later = fixture.school(100_002).draft(100_002, NORTH).await.unwrap();
        assert_eq!(later.chosen_hub, "");
        fixture.choice(100_002, NORTH, "2018-05-01").await;
        assert_eq!(fixture.school(100_002).draft(100_002, NORTH).await.unwrap().chosen_hub, NORTH);
    }
}

#[tokio::test]
async fn a_page_of_a_hub_with_moved_schools_is_one_statement() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 30).await;
        let mut places = Vec::new();
        for urn in 100_001..=100_020 {
            places.push(place(&fixture, urn).await);
            fixture.choice(urn, if urn % 2 == 0 { SOUTH } else { NORTH }, "2018-05-01").await;
        }
        let south = fixture.hub_lead(SOUTH);
        listed(&south).await;
        let before = fixture.service.context.pool.statements_count();
        let mut read = Vec::new();
        let mut request = pb::ListParticipationsRequest { page_size: 3, ..pb::ListParticipationsRequest::default() };
        let mut pages = 0;
        loop {
            let page = south.participations.clone().list_participations(request.clone()).await.unwrap().into_inner();
            pages += 1;
            read.extend(page.participations.into_iter().map(|found| found.name));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        let mut expected: Vec<String> = places.into_iter().skip(1).step_by(2).collect();
        expected.sort();
        assert_eq!((read, pages), (expected, 4));
        assert_eq!(fixture.service.context.pool.statements_count() - before, pages);
    }
}

#[tokio::test]
async fn the_groups_of_a_hub_that_closed_are_listed_for_the_hub_that_looks_after_them_also_after_their_end() {
    for database in db::testing::databases().await {
        let fixture = work_groups::open(&database).await;
        let (ncetm, south) = (fixture.ncetm(), fixture.hub_lead(SOUTH));
        let places = work_groups::places(&fixture, 100_001..=100_004).await;
        let [moving, kept] = [&places[..2], &places[2..]].map(|pair| work_groups::form(work_groups::SPECIALIST, pair));
        let (moving, kept) = (ncetm.form(moving).await.unwrap(), ncetm.form(kept).await.unwrap());
        let of_hub = async |client: &Client, hub: &str| {
            client.groups(pb::ListWorkGroupsRequest { hub: hub.to_owned(), ..Default::default() }).await
        };
        // Only the schools of one group choose another hub.
        for urn in [100_001, 100_002] {
            fixture.choice(urn, SOUTH, "2019-01-07").await;
        }
        fixture.sql("UPDATE hub SET end_date = '2019-01-06' WHERE id = 'north'").await;
        fixture.clock.move_to(noon("2019-01-06"));
        assert_eq!((of_hub(&ncetm, NORTH).await.len(), of_hub(&ncetm, SOUTH).await), (2, Vec::new()));
        fixture.clock.move_to(noon("2019-01-07"));
        assert_eq!(of_hub(&ncetm, NORTH).await, std::slice::from_ref(&kept.name));
        for client in [&ncetm, &south] {
            assert_eq!(of_hub(client, SOUTH).await, std::slice::from_ref(&moving.name));
        }
        south.end_group(&moving, "2019-01-07").await.unwrap();
        fixture.clock.move_to(noon("2019-01-08"));
        for client in [&ncetm, &south] {
            assert_eq!(of_hub(client, SOUTH).await, std::slice::from_ref(&moving.name), "it has ended");
        }
        // The register of a meeting in its days can still be taken.
        let late = meeting::Meeting { hub: SOUTH.to_owned(), ..day_of("2018-12-04") };
        let late = south.plan_in(&moving.name, late).await.unwrap();
        south.take(&late.name, Vec::new()).await.unwrap();
    }
}
