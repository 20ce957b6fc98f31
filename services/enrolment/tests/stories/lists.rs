//! Lists of all rounds, and lists of one school under each of its URNs.

use proto::enrolment::v1::{self as pb, PlaceOrder};

use crate::fixture::*;

#[tokio::test]
async fn a_list_of_all_rounds_has_the_pages_of_each() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        let ncetm = fixture.ncetm();
        let next = pb::Round { academic_year: "2019/20".to_owned(), ..round(PlaceOrder::Submission) };
        ncetm.create_round("2019", next).await.unwrap();
        let set = pb::SetPlacesRequest {
            request_id: ncetm.request_id(),
            parent: "rounds/2019".to_owned(),
            places: Some(pb::Places {
                hub: NORTH.to_owned(),
                programme: MASTERY.to_owned(),
                places_count: 1,
                ..pb::Places::default()
            }),
        };
        ncetm.rounds.clone().set_places(set).await.unwrap();
        let (first, second) =
            (ncetm.draft(100_001, NORTH).await.unwrap(), ncetm.draft_in("rounds/2019", 100_002, NORTH).await.unwrap());

        let mut names = Vec::new();
        let mut request =
            pb::ListApplicationsRequest { parent: "rounds/-".to_owned(), page_size: 1, ..pb::ListApplicationsRequest::default() };
        loop {
            let page = ncetm.applications.clone().list_applications(request.clone()).await.unwrap().into_inner();
            names.extend(page.applications.into_iter().map(|application| application.name));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(names, [first.name, second.name]);

        let mut places = Vec::new();
        let mut request =
            pb::ListPlacesRequest { parent: "rounds/-".to_owned(), page_size: 1, ..pb::ListPlacesRequest::default() };
        loop {
            let page = ncetm.rounds.clone().list_places(request.clone()).await.unwrap().into_inner();
            places.extend(page.places.into_iter().map(|places| places.name));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(places, ["2018", "2019"].map(|round| format!("rounds/{round}/places/north.{MASTERY}")));
    }
}

#[tokio::test]
async fn a_school_is_found_under_the_urns_of_its_predecessors_and_successors() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        let ncetm = fixture.ncetm();
        // 100001 becomes the academy 100002 on 1 March 2018; the split 100003 is another school.
        fixture.link(100_001, 100_002, false, "2018-03-01").await;
        fixture.link(100_002, 100_003, true, "2018-03-01").await;
        let applied = ncetm.apply(100_001, NORTH).await.unwrap();
        ncetm.offer(NORTH, 1).await.unwrap();
        let place = ncetm.accept(&applied.name).await.unwrap().participation;
        for (urn, is_found) in [(100_001, true), (100_002, true), (100_003, false), (100_004, false)] {
            let expected = |name: &str| if is_found { vec![name.to_owned()] } else { Vec::new() };
            let request = pb::ListApplicationsRequest {
                parent: ROUND.to_owned(),
                school: school(urn),
                ..pb::ListApplicationsRequest::default()
            };
            let page = ncetm.applications.clone().list_applications(request).await.unwrap().into_inner();
            assert_eq!(
                page.applications.into_iter().map(|found| found.name).collect::<Vec<_>>(),
                expected(&applied.name),
                "{urn}"
            );
            let request = pb::ListParticipationsRequest { school: school(urn), ..pb::ListParticipationsRequest::default() };
            let page = ncetm.participations.clone().list_participations(request).await.unwrap().into_inner();
            assert_eq!(page.participations.into_iter().map(|found| found.name).collect::<Vec<_>>(), expected(&place), "{urn}");
        }
    }
}
