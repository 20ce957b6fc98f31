//! Places are shared among hubs by their schools never reached.

use proto::enrolment::v1::{self as pb, PlaceOrder};

use crate::fixture::*;

/// On 1 May 2018 with a round of which half of the places go by need. The north serves 800 and 801, the south 801 and 802; each authority has 60 schools.
async fn with_hubs(database: &db::testing::TestDatabase) -> Fixture {
    let fixture = Fixture::open(database).await;
    fixture.hub_authorities("north", &["800", "801"]).await;
    fixture.hub_authorities("south", &["801", "802"]).await;
    let mut round = round(PlaceOrder::Submission);
    round.place_order_policies[0].need_permille = 500;
    fixture.ncetm().create_round("2018", round).await.unwrap();
    fixture
}

#[tokio::test]
async fn places_are_shared_by_schools_never_reached_and_set_as_they_are_proposed() {
    for database in db::testing::databases().await {
        let fixture = with_hubs(&database).await;
        let (ncetm, lead) = (fixture.ncetm(), fixture.hub_lead(NORTH));
        // A school of 802 and the academy that it became chose the north; one of 803, which no hub serves, chose the south.
        fixture.choice(100_021, NORTH, "2018-01-01").await;
        fixture.link(100_021, 100_022, false, "2018-03-01").await;
        fixture.choice(100_031, SOUTH, "2018-01-01").await;
        // One with a place, and the school that descends from it, are reached; what splits off is not.
        fixture.link(100_001, 100_003, false, "2018-04-01").await;
        fixture.link(100_001, 100_004, true, "2018-04-01").await;
        ncetm.set_places(NORTH, 1, "").await.unwrap();
        let application = lead.apply(100_001, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        lead.accept(&application).await.unwrap();

        let events = fixture.events().await.len();
        let proposal = ncetm.propose_places(100).await.unwrap();
        assert_eq!(fixture.events().await.len(), events, "a proposal changes nothing");
        assert_eq!(
            (proposal.schools_count, proposal.schools_never_reached_count, proposal.schools_without_hub_count),
            (181, 179, 419)
        );
        assert_eq!((proposal.need_permille, proposal.decision.as_str()), (500, DECISION));
        let reasons: Vec<_> = proposal
            .proposed_places
            .iter()
            .map(|one| {
                let places = one.places.as_ref().unwrap();
                let chosen = [one.chosen_schools_count, one.chosen_schools_never_reached_count];
                let served = [one.served_schools_thousandths, one.served_schools_never_reached_thousandths];
                (places.hub.as_str(), chosen, served, one.part_thousandths, one.rounded_up, places.places_count)
            })
            .collect();
        let expected =
            [(NORTH, [2, 2], [90_000, 88_000], 50_554, true, 51), (SOUTH, [1, 1], [88_000, 88_000], 49_445, false, 49)];
        assert_eq!(reasons, expected);

        for proposed in proposal.proposed_places {
            let request_id = ncetm.request_id();
            let request = pb::SetPlacesRequest { request_id, parent: ROUND.to_owned(), places: proposed.places };
            ncetm.rounds.clone().set_places(request).await.unwrap();
        }
        let places = ncetm.places().await.unwrap();
        assert_eq!(
            places.iter().map(|places| (places.places_count, places.accepted_count)).collect::<Vec<_>>(),
            [(51, 1), (49, 0)]
        );
        // A place that is given back before the year begins leaves a school that was never reached.
        lead.withdraw(&application).await.unwrap();
        assert_eq!(ncetm.propose_places(100).await.unwrap().schools_never_reached_count, 181);
    }
}

#[tokio::test]
async fn a_hub_that_closes_before_the_year_gets_nothing_and_its_schools_count_to_the_others() {
    for database in db::testing::databases().await {
        let fixture = with_hubs(&database).await;
        let ncetm = fixture.ncetm();
        fixture.choice(100_011, SOUTH, "2018-01-01").await;
        fixture.sql("UPDATE hub SET end_date = '2018-08-31' WHERE id = 'south'").await;
        let proposal = ncetm.propose_places(7).await.unwrap();
        let [north] = &proposal.proposed_places[..] else { panic!("{proposal:?}") };
        let places = north.places.as_ref().unwrap();
        assert_eq!((places.hub.as_str(), places.places_count, places.etag.as_str()), (NORTH, 7, ""));
        assert_eq!((north.chosen_schools_count, north.served_schools_thousandths), (0, 120_000));
        fixture.sql("UPDATE hub SET end_date = '2018-08-31'").await;
        assert_eq!(reason(ncetm.propose_places(7).await), "NO_ELIGIBLE_SCHOOL");
    }
}
