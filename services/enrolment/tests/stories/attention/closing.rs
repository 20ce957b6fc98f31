//! Schools that close: their live participations are listed for each hub, with the day and the successors.

use proto::enrolment::v1::{self as pb, AttentionReason::*};

use crate::{
    fixture::*,
    work_groups::{self, SPECIALIST, form, places},
};

/// The school that closes, the day and the successors, as a list says.
async fn closing(client: &Client, participation: &str) -> Option<(String, String, Vec<String>)> {
    let found = client.attention(participation).await.into_iter().find(|one| one.reason() == ClosingSchool)?;
    Some((found.school, found.date, found.successors))
}

#[tokio::test]
async fn a_school_that_becomes_an_academy_needs_attention_until_the_academy_goes_on() {
    for database in db::testing::databases().await {
        let fixture = work_groups::open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, [100_001, 100_002]).await;
        let group = north.form(form(SPECIALIST, &places)).await.unwrap();
        fixture.clock.move_to(noon("2018-09-10"));
        assert_eq!(closing(&north, &places[0]).await, None);
        // Proposed to close, as the register says first, then with a day and the academy.
        fixture::closing(fixture.pool(), 100_001, 3, "").await;
        assert_eq!(closing(&north, &places[0]).await, Some((school(100_001), String::new(), Vec::new())));
        fixture::closing(fixture.pool(), 100_001, 3, "2019-02-28").await;
        fixture::closing(fixture.pool(), 100_011, 4, "").await;
        fixture.link(100_001, 100_011, false, "2019-03-01").await;
        let known = Some((school(100_001), "2019-02-28".to_owned(), vec![school(100_011)]));
        assert_eq!(closing(&north, &places[0]).await, known);
        assert_eq!(north.attention(&places[0]).await[0].work_group, group.name);
        assert_eq!(closing(&north, &places[1]).await, None);
        // The academy has opened, but the register has not said so yet; then it goes on in place of the school.
        fixture.clock.move_to(noon("2019-03-01"));
        assert_eq!(closing(&north, &places[0]).await, known);
        fixture::closing(fixture.pool(), 100_001, 2, "2019-02-28").await;
        fixture::closing(fixture.pool(), 100_011, 1, "").await;
        assert_eq!(closing(&north, &places[0]).await, None);
        assert_eq!(closing(&fixture.school(100_011), &places[0]).await, None);
        // The academy itself is going to close: the participation is at the academy.
        fixture::closing(fixture.pool(), 100_011, 3, "2019-08-31").await;
        let academy = Some((school(100_011), "2019-08-31".to_owned(), Vec::new()));
        assert_eq!(closing(&north, &places[0]).await, academy);
        assert_eq!(closing(&fixture.school(100_011), &places[0]).await, academy);
    }
}

#[tokio::test]
async fn a_school_that_closed_for_good_or_was_split_needs_attention_while_its_participation_is_live() {
    for database in db::testing::databases().await {
        let fixture = work_groups::open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_003).await;
        fixture::closing(fixture.pool(), 100_001, 2, "2018-08-31").await;
        fixture::closing(fixture.pool(), 100_002, 2, "2018-08-31").await;
        fixture.link(100_002, 100_012, true, "2018-09-01").await;
        fixture.link(100_002, 100_011, true, "2018-09-01").await;
        fixture.sql("UPDATE school SET listed = FALSE WHERE urn = 100003").await;
        fixture.clock.move_to(noon("2018-09-10"));
        let closed = "2018-08-31".to_owned();
        assert_eq!(closing(&north, &places[0]).await, Some((school(100_001), closed.clone(), Vec::new())));
        // A person decides which school of a split goes on.
        assert_eq!(closing(&north, &places[1]).await, Some((school(100_002), closed, [100_011, 100_012].map(school).to_vec())));
        assert_eq!(closing(&north, &places[2]).await, Some((school(100_003), String::new(), Vec::new())), "no register lists it");
        north.start_year(&places[0], "2018-09-03").await.unwrap();
        north.leave(&places[0], "2018-09-03").await.unwrap();
        north.start_year(&places[1], "2018-09-03").await.unwrap();
        north.defer(&places[1], "2018-09-05").await.unwrap();
        assert_eq!(closing(&north, &places[0]).await, None, "nothing of it is live");
        assert!(closing(&north, &places[1]).await.is_some(), "it is only deferred");
    }
}

#[tokio::test]
async fn two_places_that_meet_in_one_school_stay_two_until_a_person_ends_one() {
    for database in db::testing::databases().await {
        let fixture = work_groups::open(&database).await;
        let north = fixture.hub_lead(NORTH);
        let places = places(&fixture, 100_001..=100_003).await;
        north.form(form(SPECIALIST, &places)).await.unwrap();
        fixture.clock.move_to(noon("2019-03-01"));
        for urn in [100_001, 100_002] {
            north.start_year(&places[usize::try_from(urn - 100_001).unwrap()], "2018-09-03").await.unwrap();
            fixture::closing(fixture.pool(), urn, 2, "2019-02-28").await;
            fixture.link(urn, 100_011, false, "2019-03-01").await;
        }
        let merged = fixture.school(100_011);
        let found = async |client: &Client| -> Vec<(String, pb::ParticipationState)> {
            let request = pb::ListParticipationsRequest { school: school(100_011), ..Default::default() };
            let page = client.participations.clone().list_participations(request).await.unwrap().into_inner();
            page.participations.into_iter().map(|one| (one.name.clone(), one.state())).collect()
        };
        let mut both = places[..2].iter().map(|place| (place.clone(), pb::ParticipationState::Active)).collect::<Vec<_>>();
        both.sort();
        for client in [&north, &merged] {
            assert_eq!(found(client).await, both);
        }
        // Both lie at one school now, which is open: neither closes, and each has its seat in the group.
        assert_eq!((closing(&north, &places[0]).await, closing(&north, &places[1]).await), (None, None));
        assert_eq!(north.attention(&places[0]).await, north.attention(&places[1]).await);
        // The hub lead ends one; the other goes on.
        north.leave(&places[1], "2019-03-01").await.unwrap();
        both.iter_mut().filter(|(name, _)| *name == places[1]).for_each(|(_, state)| *state = pb::ParticipationState::Withdrawn);
        assert_eq!(found(&merged).await, both);
    }
}

#[tokio::test]
async fn ncetm_lists_what_is_live_at_schools_that_close_for_each_hub() {
    for database in db::testing::databases().await {
        let fixture = work_groups::open(&database).await;
        let places = places(&fixture, 100_001..=100_003).await;
        for urn in 100_001..=100_003 {
            fixture::closing(fixture.pool(), urn, 3, "2018-12-31").await;
        }
        // The north gave the places; the second school has chosen the south.
        fixture.choice(100_002, SOUTH, "2018-05-01").await;
        let of_hub = async |client: &Client, hub: &str| -> Vec<String> {
            let attention = vec![ClosingSchool.into()];
            let request = pb::ListParticipationsRequest { hub: hub.to_owned(), attention, ..Default::default() };
            let page = client.participations.clone().list_participations(request).await.unwrap().into_inner();
            page.participations.into_iter().map(|one| one.name).collect()
        };
        let ncetm = fixture.ncetm();
        let mut kept = vec![places[0].clone(), places[2].clone()];
        kept.sort();
        assert_eq!(of_hub(&ncetm, NORTH).await, kept);
        assert_eq!(of_hub(&ncetm, SOUTH).await, places[1..2]);
        assert_eq!(of_hub(&ncetm, "").await.len(), 3);
        // A hub's token sees its own, with and without the filter, and nothing by the filter of another.
        for hub in ["", SOUTH] {
            assert_eq!(of_hub(&fixture.hub_lead(SOUTH), hub).await, places[1..2]);
        }
        assert_eq!(of_hub(&fixture.hub_lead(SOUTH), NORTH).await, [""; 0]);
        assert_eq!(of_hub(&fixture.school(100_002), SOUTH).await, places[1..2]);
        assert_eq!(of_hub(&fixture.school(100_002), NORTH).await, [""; 0]);
    }
}

#[tokio::test]
async fn applications_and_offers_of_a_school_that_closes_are_listed_too() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, pb::PlaceOrder::Submission, 2).await;
        let north = fixture.hub_lead(NORTH);
        let accepted = north.apply(100_001, NORTH).await.unwrap();
        let offered = north.apply(100_002, NORTH).await.unwrap();
        north.offer(NORTH, 2).await.unwrap();
        let participation = north.accept(&accepted.name).await.unwrap().participation;
        let submitted = north.apply(100_003, NORTH).await.unwrap();
        let draft = north.draft(100_004, NORTH).await.unwrap();
        let withdrawn = north.apply(100_005, NORTH).await.unwrap();
        north.withdraw(&withdrawn.name).await.unwrap();
        north.apply(100_006, NORTH).await.unwrap();
        for urn in 100_001..=100_005 {
            fixture::closing(fixture.pool(), urn, 3, "2018-08-31").await;
        }
        fixture::closing(fixture.pool(), 100_011, 4, "").await;
        fixture.link(100_002, 100_011, false, "2018-09-01").await;
        let list = async |client: &Client, closing_school: bool| {
            let request = pb::ListApplicationsRequest { parent: "rounds/-".to_owned(), closing_school, ..Default::default() };
            client.applications.clone().list_applications(request).await.unwrap().into_inner()
        };
        let before = fixture.service.context.pool.statements_count();
        let (all, closing) = (list(&north, false).await, list(&north, true).await);
        assert_eq!(fixture.service.context.pool.statements_count() - before, 2);
        assert_eq!((all.applications.len(), &all.attention), (6, &closing.attention), "each list has the reasons");
        let mut live = [&offered, &submitted, &draft].map(|one| one.name.clone());
        live.sort();
        assert_eq!(closing.applications.iter().map(|one| one.name.clone()).collect::<Vec<_>>(), live);
        assert_eq!(closing.attention.keys().cloned().collect::<Vec<_>>(), live);
        let found = &closing.attention[&offered.name];
        assert_eq!(
            (found.reason(), found.school.as_str(), found.date.as_str()),
            (ClosingSchool, school(100_002).as_str(), "2018-08-31")
        );
        assert_eq!(found.successors, [school(100_011)]);
        // The accepted one is a participation, and listed as such.
        assert_eq!(north.reasons(&participation).await, [ClosingSchool]);
        assert_eq!(list(&fixture.hub_lead(SOUTH), true).await.applications, []);
        // The academy takes over the offer.
        fixture.clock.move_to(noon("2018-09-01"));
        fixture::closing(fixture.pool(), 100_011, 1, "").await;
        assert_eq!(list(&north, true).await.applications.len(), 2);
    }
}
