//! A new hub: announced, incubated beside two hubs, opened; its schools move to it by a decision of the Council. The dates are invented.

use proto::network::v1 as pb;
use tonic::Status;

use crate::fixture::*;

const LANCASHIRE: &str = "888";

/// Schools 100001 to 100006 of Lancashire and 100011 of Sheffield, and two hubs; the first four schools of Lancashire chose the first, the fifth the second.
async fn prepare(fixture: &Fixture) {
    let lancashire = |urn| row(urn).replace(",373,Sheffield,", ",888,Lancashire,").replace(",D,", ",B,");
    let rows = (100_001..=100_006).map(lancashire).chain([row(100_011)]);
    fixture.import("2018-09-01", &extract(rows), &[]).await.unwrap();
    for id in ["north-west", "manchester"] {
        create(fixture, id, pb::Hub { start_date: "2014-09-01".to_owned(), ..Default::default() }).await.unwrap();
    }
    for (urn, hub) in [
        (100_001, "north-west"),
        (100_002, "north-west"),
        (100_003, "north-west"),
        (100_004, "north-west"),
        (100_005, "manchester"),
        (100_011, "manchester"),
    ] {
        choose(fixture, urn, hub, "2016-09-01").await;
    }
    let meeting = pb::CouncilMeeting {
        academic_year: "2017/18".to_owned(),
        term: pb::Term::Spring.into(),
        meeting_date: "2018-03-01".to_owned(),
        ..Default::default()
    };
    let request =
        pb::RecordMeetingRequest { request_id: fresh(), meeting_id: "spring".to_owned(), council_meeting: Some(meeting) };
    fixture.council_as("ncetm").record_meeting(request).await.unwrap();
    let decision = pb::Decision {
        kind: pb::DecisionKind::Other.into(),
        text: "Central Lancashire opens".to_owned(),
        start_date: "2019-09-01".to_owned(),
        ..Default::default()
    };
    let request = pb::RecordDecisionRequest {
        request_id: fresh(),
        council_meeting: "councilMeetings/spring".to_owned(),
        decision_id: "opens".to_owned(),
        decision: Some(decision),
    };
    fixture.council_as("ncetm").record_decision(request).await.unwrap();
}

async fn create(fixture: &Fixture, id: &str, hub: pb::Hub) -> Result<pb::Hub, Status> {
    let hub = pb::Hub { display_name: format!("Hub {id}"), region_code: "E12000002".to_owned(), ..hub };
    let lead_school = "schools/100006".to_owned();
    let request = pb::CreateHubRequest { request_id: fresh(), hub_id: id.to_owned(), hub: Some(hub), lead_school };
    Ok(fixture.hubs().create_hub(request).await?.into_inner().hub.unwrap())
}

async fn choose(fixture: &Fixture, urn: i32, hub: &str, day: &str) {
    let request = pb::ChooseHubRequest {
        request_id: fresh(),
        school: format!("schools/{urn}"),
        hub: format!("hubs/{hub}"),
        start_date: day.to_owned(),
        document_sha256: FORM_SHA256.to_owned(),
    };
    let answer = fixture.hubs_as("ncetm").choose_hub(request).await.unwrap().into_inner();
    assert_eq!(answer.pending_change, "", "a first choice takes effect at once");
}

fn to_lancashire() -> pb::MoveSchoolsRequest {
    pb::MoveSchoolsRequest {
        request_id: fresh(),
        old_la_codes: vec![LANCASHIRE.to_owned()],
        hub: "hubs/central-lancashire".to_owned(),
        start_date: "2019-09-01".to_owned(),
        decision: "councilMeetings/spring/decisions/opens".to_owned(),
        ..Default::default()
    }
}

async fn moved(fixture: &Fixture, request: pb::MoveSchoolsRequest) -> Result<pb::MoveSchoolsResponse, Status> {
    Ok(fixture.hubs().move_schools(request).await?.into_inner())
}

async fn central_lancashire(fixture: &Fixture) -> Result<pb::Hub, Status> {
    let hub = pb::Hub {
        start_date: "2019-09-01".to_owned(),
        old_la_codes: vec![LANCASHIRE.to_owned()],
        contact_address: "hub@central-lancashire.example".to_owned(),
        incubation_start_date: "2018-10-01".to_owned(),
        incubated_by_hubs: vec!["hubs/north-west".to_owned(), "hubs/manchester".to_owned()],
        ..Default::default()
    };
    create(fixture, "central-lancashire", hub).await
}

async fn hubs_near(fixture: &Fixture, caller: &'static str, urn: i32, day: &str) -> Vec<(String, bool, bool)> {
    let request = pb::FindLocalHubsRequest { school: format!("schools/{urn}"), as_of_date: day.to_owned(), ..Default::default() };
    let found = fixture.hubs_as(caller).find_local_hubs(request).await.unwrap().into_inner().local_hubs;
    found.into_iter().map(|near| (near.hub.unwrap().name, near.chosen, near.serves_authority)).collect()
}

#[tokio::test]
async fn central_lancashire_is_incubated_opens_and_gets_exactly_the_schools_of_the_preview() {
    on_each(|fixture| async move {
        prepare(&fixture).await;
        let hub = central_lancashire(&fixture).await.unwrap();
        assert_eq!(hub.state(), pb::HubState::Announced);
        for (seat, urn) in ["1", "2", "3"].into_iter().zip(100_001..) {
            let made = pb::Appointment {
                role: pb::AppointmentRole::IncubatingSchool.into(),
                hub: hub.name.clone(),
                seat: seat.to_owned(),
                holder: format!("schools/{urn}"),
                start_date: "2018-10-01".to_owned(),
                end_date: "2019-08-31".to_owned(),
                ..Default::default()
            };
            let request = pb::AppointRequest { request_id: fresh(), appointment: Some(made) };
            fixture.appointments_as("ncetm").appoint(request).await.unwrap();
        }
        let state = async || {
            let request = pb::GetHubRequest { name: hub.name.clone() };
            fixture.hubs().get_hub(request).await.unwrap().into_inner().hub.unwrap().state()
        };
        fixture.on("2018-10-01");
        assert_eq!(state().await, pb::HubState::Incubating);

        let preview = moved(&fixture, pb::MoveSchoolsRequest { validate_only: true, ..to_lancashire() }).await.unwrap();
        let schools: Vec<String> = (100_001..=100_005).map(|urn| format!("schools/{urn}")).collect();
        let expected = pb::MovedAuthority { old_la_code: LANCASHIRE.to_owned(), schools: schools.clone(), schools_count: 5 };
        assert_eq!((preview.moved_authorities.as_slice(), preview.schools_count), (&[expected][..], 5));
        assert_eq!(
            hubs_near(&fixture, "ncetm", 100_001, "2019-09-01").await,
            [("hubs/north-west".to_owned(), true, false), (hub.name.clone(), false, true),]
        );

        let done = moved(&fixture, pb::MoveSchoolsRequest { etag: preview.etag.clone(), ..to_lancashire() }).await.unwrap();
        assert_eq!(done, preview);
        fixture.on("2019-09-01");
        assert_eq!(state().await, pb::HubState::Open);
        let request = pb::ListHubChoicesRequest { hub: hub.name.clone(), ..Default::default() };
        let choices = fixture.hubs_as("dfe").list_hub_choices(request).await.unwrap().into_inner().hub_choices;
        assert_eq!(choices.iter().map(|choice| choice.school.clone()).collect::<Vec<_>>(), schools);
        // The school sees its own choice; another school sees which hub serves the authority, and not the choice.
        let chosen = vec![(hub.name.clone(), true, true)];
        assert_eq!(hubs_near(&fixture, "school:schools/100001", 100_001, "").await, chosen);
        assert_eq!(
            hubs_near(&fixture, "school:schools/100001", 100_001, "2019-08-31").await,
            [("hubs/north-west".to_owned(), true, false)]
        );
        assert_eq!(hubs_near(&fixture, "school:schools/100011", 100_001, "").await, [(hub.name.clone(), false, true)]);
        // Nothing is left to move.
        let again = moved(&fixture, pb::MoveSchoolsRequest { validate_only: true, ..to_lancashire() }).await.unwrap();
        assert_eq!(again.schools_count, 0);
    })
    .await;
}

#[tokio::test]
async fn a_move_is_aborted_when_a_school_has_chosen_since_the_preview() {
    on_each(|fixture| async move {
        prepare(&fixture).await;
        central_lancashire(&fixture).await.unwrap();
        let preview = moved(&fixture, pb::MoveSchoolsRequest { validate_only: true, ..to_lancashire() }).await.unwrap();
        choose(&fixture, 100_006, "manchester", "2018-09-01").await;
        let before = fixture.events().await.len();
        let late = pb::MoveSchoolsRequest { etag: preview.etag.clone(), ..to_lancashire() };
        assert_eq!(reason(&moved(&fixture, late).await.unwrap_err()), "ETAG_STALE");
        let other_day = pb::MoveSchoolsRequest { etag: preview.etag, start_date: "2019-10-01".to_owned(), ..to_lancashire() };
        assert_eq!(reason(&moved(&fixture, other_day).await.unwrap_err()), "ETAG_STALE");
        assert_eq!(fixture.events().await.len(), before, "a refused move changes nothing");
        let early = pb::MoveSchoolsRequest { start_date: "2019-08-31".to_owned(), validate_only: true, ..to_lancashire() };
        assert_eq!(reason(&moved(&fixture, early).await.unwrap_err()), "HUB_NOT_OPEN");
    })
    .await;
}
