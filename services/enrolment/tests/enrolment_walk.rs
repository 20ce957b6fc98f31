//! A walk through every RPC: with a wrong field, in a wrong state, by a wrong role, hub or school, with a stale etag, and with a repeated request_id.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod stage;

use access::{Gate, Role};
use db::testing::databases;
use enrolment::{POLICIES, ROLE_METHOD, SERVICES};
use proto::enrolment::v1 as pb;
use server::{
    repeated,
    testing::{Cases, Walk},
};
use stage::*;

/// Every RPC with the cases that it has.
const CASES: [Cases; 22] = [
    ("CreateRound", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("GetRound", &["wrong field", "wrong state"]),
    ("ListRounds", &["wrong field"]),
    ("UpdateRound", &["wrong field", "wrong state", "wrong role", "stale etag", "repeated", "another body"]),
    ("SetPlaces", &["wrong field", "wrong state", "wrong role", "stale etag", "repeated", "another body"]),
    ("ListPlaces", &["wrong field", "wrong state", "wrong role", "wrong hub"]),
    ("CreateApplication", &["wrong field", "wrong state", "wrong role", "wrong hub", "wrong school", "repeated", "another body"]),
    ("GetApplication", &["wrong field", "wrong state", "wrong hub", "wrong school"]),
    ("ListApplications", &["wrong field", "wrong state", "wrong hub", "wrong school"]),
    (
        "SubmitApplication",
        &["wrong field", "wrong state", "wrong role", "wrong hub", "wrong school", "stale etag", "repeated", "another body"],
    ),
    ("OfferPlaces", &["wrong field", "wrong state", "wrong role", "wrong hub", "repeated", "another body"]),
    ("AcceptOffer", &["wrong field", "wrong state", "wrong role", "wrong hub", "wrong school", "repeated", "another body"]),
    ("DeclineOffer", &["wrong field", "wrong state", "wrong role", "wrong hub", "wrong school", "repeated", "another body"]),
    (
        "WithdrawApplication",
        &["wrong field", "wrong state", "wrong role", "wrong hub", "wrong school", "repeated", "another body"],
    ),
    ("LapseOffers", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("GetParticipation", &["wrong field", "wrong state", "wrong hub", "wrong school"]),
    ("ListParticipations", &["wrong field", "wrong hub", "wrong school"]),
    ("StartYear", &["wrong field", "wrong state", "wrong role", "wrong hub", "repeated", "another body"]),
    ("CompleteYear", &["wrong field", "wrong state", "wrong role", "wrong hub", "repeated", "another body"]),
    ("RecordAgreement", &["wrong field", "wrong state", "wrong role", "wrong hub", "repeated", "another body"]),
    ("RecordAttendance", &["wrong field", "wrong state", "wrong role", "wrong hub", "repeated", "another body"]),
    ("WithdrawParticipation", &["wrong field", "wrong state", "wrong role", "wrong hub", "repeated", "another body"]),
];

/// Wrong roles, as the gate before the service decides.
fn roles(walk: &mut Walk) {
    let gate = Gate::new(POLICIES, ROLE_METHOD, &access::served(proto::DESCRIPTORS, &SERVICES)).unwrap();
    let (council, cases) = ([Role::Dfe, Role::HubLead, Role::School, Role::Service], [Role::Dfe, Role::Service]);
    let hub = [Role::Dfe, Role::School, Role::Service];
    let wrong: [(&'static str, &str, &[Role]); 22] = [
        ("CreateRound", "RoundService", &council),
        ("GetRound", "RoundService", &[]),
        ("ListRounds", "RoundService", &[]),
        ("UpdateRound", "RoundService", &council),
        ("SetPlaces", "RoundService", &council),
        ("ListPlaces", "RoundService", &[Role::School]),
        ("CreateApplication", "ApplicationService", &cases),
        ("GetApplication", "ApplicationService", &[]),
        ("ListApplications", "ApplicationService", &[]),
        ("SubmitApplication", "ApplicationService", &cases),
        ("OfferPlaces", "ApplicationService", &hub),
        ("AcceptOffer", "ApplicationService", &cases),
        ("DeclineOffer", "ApplicationService", &cases),
        ("WithdrawApplication", "ApplicationService", &cases),
        ("LapseOffers", "ApplicationService", &[Role::Dfe, Role::HubLead, Role::School]),
        ("GetParticipation", "ParticipationService", &[]),
        ("ListParticipations", "ParticipationService", &[]),
        ("StartYear", "ParticipationService", &hub),
        ("CompleteYear", "ParticipationService", &hub),
        ("RecordAgreement", "ParticipationService", &hub),
        ("RecordAttendance", "ParticipationService", &hub),
        ("WithdrawParticipation", "ParticipationService", &hub),
    ];
    for (rpc, service, refused) in wrong {
        let method = format!("mathshubs.enrolment.v1.{service}/{rpc}");
        for role in Role::ALL {
            assert_eq!(gate.allows(role, &method), !refused.contains(&role), "{role} {method}");
        }
        if !refused.is_empty() {
            walk.step(rpc, "wrong role", Ok(()), "OK");
        }
    }
}

#[tokio::test]
async fn every_rpc_refuses_what_it_should_with_its_reason() {
    for database in databases().await {
        let stage = Stage::open(&database).await;
        let mut walk = Walk::default();
        roles(&mut walk);
        rounds(&stage, &mut walk).await;
        applications(&stage, &mut walk).await;
        offers(&stage, &mut walk).await;
        participations(&stage, &mut walk).await;
        walk.is_whole(&CASES, proto::DESCRIPTORS, &SERVICES[..3]);
    }
}

async fn rounds(stage: &Stage, walk: &mut Walk) {
    let ncetm = stage.ncetm();
    let client = || ncetm.rounds.clone();
    let create = |id: &str, round: pb::Round| pb::CreateRoundRequest {
        request_id: ncetm.request_id(),
        round_id: id.to_owned(),
        round: Some(round),
    };
    let plain = || round(pb::PlaceOrder::Submission);
    for wrong in [
        create("No Id", plain()),
        create("2018", pb::Round { display_name: String::new(), ..plain() }),
        create("2018", pb::Round { academic_year: "2018/20".to_owned(), ..plain() }),
        create("2018", pb::Round { window_end_date: "2018-04-30".to_owned(), ..plain() }),
        create("2018", pb::Round { window_start_date: "2018-02-30".to_owned(), ..plain() }),
        create("2018", pb::Round { offer_days_count: 0, ..plain() }),
        create("2018", pb::Round { programmes: vec![], ..plain() }),
        create("2018", pb::Round { place_order_policies: vec![], ..plain() }),
        pb::CreateRoundRequest { round: None, ..create("2018", plain()) },
        pb::CreateRoundRequest { request_id: String::new(), ..create("2018", plain()) },
    ] {
        walk.step("CreateRound", "wrong field", client().create_round(wrong).await, "FIELD_INVALID");
    }
    let other = create("2018", pb::Round { display_name: "Other".to_owned(), ..plain() });
    repeated!(walk, "CreateRound", ncetm.rounds, create_round, create("2018", plain()), other);
    walk.step("CreateRound", "wrong state", client().create_round(create("2018", plain())).await, "ROUND_EXISTS");
    let get = |name: &str| pb::GetRoundRequest { name: name.to_owned() };
    walk.step("GetRound", "wrong field", client().get_round(get("2018")).await, "FIELD_INVALID");
    walk.step("GetRound", "wrong state", client().get_round(get("rounds/none")).await, "NOT_FOUND");
    for wrong in [
        pb::ListRoundsRequest { page_size: -1, ..Default::default() },
        pb::ListRoundsRequest { page_token: "x".to_owned(), ..Default::default() },
    ] {
        walk.step("ListRounds", "wrong field", client().list_rounds(wrong).await, "FIELD_INVALID");
    }

    let stands = client().get_round(get(ROUND)).await.unwrap().into_inner().round.unwrap();
    let update = |round: pb::Round| pb::UpdateRoundRequest { request_id: ncetm.request_id(), round: Some(round) };
    let renamed = |name: &str| pb::Round { display_name: name.to_owned(), ..stands.clone() };
    walk.step("UpdateRound", "wrong field", client().update_round(update(renamed(""))).await, "FIELD_INVALID");
    let nowhere = pb::Round { name: "rounds/none".to_owned(), ..stands.clone() };
    walk.step("UpdateRound", "wrong state", client().update_round(update(nowhere)).await, "NOT_FOUND");
    let stale = pb::Round { etag: "99".to_owned(), ..stands.clone() };
    walk.step("UpdateRound", "stale etag", client().update_round(update(stale)).await, "ETAG_STALE");
    repeated!(walk, "UpdateRound", ncetm.rounds, update_round, update(renamed("Again")), update(renamed("Other")));
    let later = client().get_round(get(ROUND)).await.unwrap().into_inner().round.unwrap();
    let mut begun = later.clone();
    begun.place_order_policies[0].place_order = pb::PlaceOrder::PriorityThenSubmission.into();
    walk.step("UpdateRound", "wrong state", client().update_round(update(begun)).await, "POLICY_IN_FORCE");

    let set = |hub: &str, places_count: i32, etag: &str| pb::SetPlacesRequest {
        request_id: ncetm.request_id(),
        parent: ROUND.to_owned(),
        places: Some(pb::Places {
            hub: hub.to_owned(),
            programme: MASTERY.to_owned(),
            places_count,
            etag: etag.to_owned(),
            ..pb::Places::default()
        }),
    };
    for wrong in [
        set("north", 3, ""),
        set(NORTH, -1, ""),
        set(NORTH, 100_001, ""),
        pb::SetPlacesRequest { places: None, ..set(NORTH, 3, "") },
    ] {
        walk.step("SetPlaces", "wrong field", client().set_places(wrong).await, "FIELD_INVALID");
    }
    repeated!(walk, "SetPlaces", ncetm.rounds, set_places, set(NORTH, 3, ""), set(NORTH, 4, ""));
    walk.step("SetPlaces", "wrong state", client().set_places(set("hubs/nowhere", 3, "")).await, "NOT_FOUND");
    walk.step("SetPlaces", "stale etag", client().set_places(set(NORTH, 4, "99")).await, "ETAG_STALE");
    let list =
        |parent: &str, hub: &str| pb::ListPlacesRequest { parent: parent.to_owned(), hub: hub.to_owned(), ..Default::default() };
    walk.step("ListPlaces", "wrong field", client().list_places(list("2018", "")).await, "FIELD_INVALID");
    // A page is one statement, which does not tell a round without places from one that is not there.
    let nowhere = client().list_places(list("rounds/none", "")).await.map(|answer| answer.into_inner().places);
    assert!(nowhere.as_ref().is_ok_and(Vec::is_empty), "{nowhere:?}");
    walk.step("ListPlaces", "wrong state", nowhere, "OK");
    let south =
        stage.hub_lead(SOUTH).rounds.clone().list_places(list(ROUND, NORTH)).await.map(|answer| answer.into_inner().places);
    assert!(south.as_ref().is_ok_and(Vec::is_empty), "the places of another hub are not seen: {south:?}");
    walk.step("ListPlaces", "wrong hub", south, "OK");
}

async fn applications(stage: &Stage, walk: &mut Walk) {
    let (ncetm, north, south, school) = (stage.ncetm(), stage.hub_lead(NORTH), stage.hub_lead(SOUTH), stage.school(100_001));
    let client = || ncetm.applications.clone();
    let create = |urn: i64, hub: &str| pb::CreateApplicationRequest {
        request_id: ncetm.request_id(),
        parent: ROUND.to_owned(),
        application: Some(pb::Application {
            school: format!("schools/{urn}"),
            hub: hub.to_owned(),
            programme: MASTERY.to_owned(),
            ..pb::Application::default()
        }),
    };
    for wrong in [
        create(1, NORTH),
        create(100_001, "north"),
        pb::CreateApplicationRequest { parent: "2018".to_owned(), ..create(100_001, NORTH) },
        pb::CreateApplicationRequest { application: None, ..create(100_001, NORTH) },
    ] {
        walk.step("CreateApplication", "wrong field", client().create_application(wrong).await, "FIELD_INVALID");
    }
    let nowhere = pb::CreateApplicationRequest { parent: "rounds/none".to_owned(), ..create(100_001, NORTH) };
    walk.step("CreateApplication", "wrong state", client().create_application(nowhere).await, "NOT_FOUND");
    walk.step(
        "CreateApplication",
        "wrong hub",
        south.applications.clone().create_application(create(100_001, NORTH)).await,
        "APPLICATION_NOT_OWN",
    );
    walk.step(
        "CreateApplication",
        "wrong school",
        school.applications.clone().create_application(create(100_002, NORTH)).await,
        "APPLICATION_NOT_OWN",
    );
    repeated!(walk, "CreateApplication", ncetm.applications, create_application, create(100_001, NORTH), create(100_002, NORTH));
    let list = pb::ListApplicationsRequest { parent: ROUND.to_owned(), ..Default::default() };
    let drafts = client().list_applications(list.clone()).await.unwrap().into_inner().applications;
    assert_eq!(drafts.len(), 1, "once");
    let draft = &drafts[0];

    let get = |name: &str| pb::GetApplicationRequest { name: name.to_owned() };
    walk.step("GetApplication", "wrong field", client().get_application(get("applications/x")).await, "FIELD_INVALID");
    walk.step(
        "GetApplication",
        "wrong state",
        client().get_application(get(&format!("{ROUND}/applications/none"))).await,
        "NOT_FOUND",
    );
    walk.step("GetApplication", "wrong hub", south.application(&draft.name).await, "NOT_FOUND");
    walk.step("GetApplication", "wrong school", stage.school(100_002).application(&draft.name).await, "NOT_FOUND");
    for wrong in [
        pb::ListApplicationsRequest { parent: "2018".to_owned(), ..Default::default() },
        pb::ListApplicationsRequest { state: 99, ..list.clone() },
        pb::ListApplicationsRequest { page_size: -1, ..list.clone() },
        pb::ListApplicationsRequest { school: "100001".to_owned(), ..list.clone() },
    ] {
        walk.step("ListApplications", "wrong field", client().list_applications(wrong).await, "FIELD_INVALID");
    }
    let nowhere = pb::ListApplicationsRequest { parent: "rounds/none".to_owned(), ..Default::default() };
    let nowhere = client().list_applications(nowhere).await.map(|answer| answer.into_inner().applications);
    assert!(nowhere.as_ref().is_ok_and(Vec::is_empty), "{nowhere:?}");
    walk.step("ListApplications", "wrong state", nowhere, "OK");
    for (case, voice) in [("wrong hub", &south), ("wrong school", &stage.school(100_002))] {
        let seen =
            voice.applications.clone().list_applications(list.clone()).await.map(|answer| answer.into_inner().applications);
        assert!(seen.as_ref().is_ok_and(Vec::is_empty), "another's applications are not seen: {seen:?}");
        walk.step("ListApplications", case, seen, "OK");
    }

    let submit = |name: &str, etag: &str| pb::SubmitApplicationRequest {
        request_id: ncetm.request_id(),
        name: name.to_owned(),
        etag: etag.to_owned(),
    };
    walk.step("SubmitApplication", "wrong field", client().submit_application(submit("x", "")).await, "FIELD_INVALID");
    walk.step("SubmitApplication", "stale etag", client().submit_application(submit(&draft.name, "99")).await, "ETAG_STALE");
    walk.step("SubmitApplication", "wrong hub", south.submit(&draft.name).await, "NOT_FOUND");
    walk.step("SubmitApplication", "wrong school", stage.school(100_002).submit(&draft.name).await, "NOT_FOUND");
    let second = ncetm.draft(100_002, NORTH).await.unwrap();
    let (request, other) = (submit(&draft.name, &draft.etag), submit(&second.name, ""));
    repeated!(walk, "SubmitApplication", ncetm.applications, submit_application, request, other);
    walk.step("SubmitApplication", "wrong state", ncetm.submit(&draft.name).await, "STATE_NOT_DRAFT");
    walk.step("CreateApplication", "wrong state", ncetm.apply(100_001, NORTH).await, "SCHOOL_HAS_APPLIED");

    let withdraw = |name: &str, reason: &str| pb::WithdrawApplicationRequest {
        request_id: ncetm.request_id(),
        name: name.to_owned(),
        reason: reason.to_owned(),
    };
    walk.step(
        "WithdrawApplication",
        "wrong field",
        client().withdraw_application(withdraw(&second.name, "")).await,
        "FIELD_INVALID",
    );
    walk.step("WithdrawApplication", "wrong hub", south.withdraw(&second.name).await, "NOT_FOUND");
    walk.step("WithdrawApplication", "wrong school", school.withdraw(&second.name).await, "NOT_FOUND");
    let (request, other) = (withdraw(&second.name, "No cover"), withdraw(&second.name, "Other"));
    repeated!(walk, "WithdrawApplication", ncetm.applications, withdraw_application, request, other);
    walk.step("WithdrawApplication", "wrong state", north.withdraw(&second.name).await, "STATE_ENDED");
}

async fn offers(stage: &Stage, walk: &mut Walk) {
    let (ncetm, north, south) = (stage.ncetm(), stage.hub_lead(NORTH), stage.hub_lead(SOUTH));
    let client = || ncetm.applications.clone();
    for urn in [100_003, 100_004] {
        ncetm.apply(urn, NORTH).await.unwrap();
    }
    let waiting = ncetm.apply(100_005, NORTH).await.unwrap();
    let offer = |hub: &str, offers_count: i32| pb::OfferPlacesRequest {
        request_id: ncetm.request_id(),
        parent: ROUND.to_owned(),
        hub: hub.to_owned(),
        programme: MASTERY.to_owned(),
        offers_count,
        validate_only: false,
    };
    for wrong in [
        offer("north", 3),
        offer(NORTH, -1),
        offer(NORTH, 1_001),
        pb::OfferPlacesRequest { parent: "2018".to_owned(), ..offer(NORTH, 3) },
    ] {
        walk.step("OfferPlaces", "wrong field", client().offer_places(wrong).await, "FIELD_INVALID");
    }
    let nowhere = pb::OfferPlacesRequest { parent: "rounds/none".to_owned(), ..offer(NORTH, 3) };
    walk.step("OfferPlaces", "wrong state", client().offer_places(nowhere).await, "NOT_FOUND");
    walk.step("OfferPlaces", "wrong hub", south.offer(NORTH, 3).await, "NOT_FOUND");
    repeated!(walk, "OfferPlaces", ncetm.applications, offer_places, offer(NORTH, 3), offer(NORTH, 2));
    let offered: Vec<_> =
        ncetm.applications().await.unwrap().into_iter().filter(|one| one.state() == pb::ApplicationState::Offered).collect();
    assert_eq!(offered.len(), 3);
    let [first, second, _third] = [0, 1, 2].map(|place| offered[place].name.clone());

    let accept = |name: &str| pb::AcceptOfferRequest { request_id: ncetm.request_id(), name: name.to_owned() };
    let decline = |name: &str| pb::DeclineOfferRequest { request_id: ncetm.request_id(), name: name.to_owned() };
    walk.step("AcceptOffer", "wrong field", client().accept_offer(accept("x")).await, "FIELD_INVALID");
    walk.step("AcceptOffer", "wrong hub", south.accept(&first).await, "NOT_FOUND");
    walk.step("AcceptOffer", "wrong school", stage.school(100_600).accept(&first).await, "NOT_FOUND");
    walk.step("AcceptOffer", "wrong state", north.accept(&waiting.name).await, "STATE_NOT_OFFERED");
    repeated!(walk, "AcceptOffer", ncetm.applications, accept_offer, accept(&first), accept(&second));
    walk.step("DeclineOffer", "wrong field", client().decline_offer(decline("x")).await, "FIELD_INVALID");
    walk.step("DeclineOffer", "wrong hub", south.decline(&second).await, "NOT_FOUND");
    walk.step("DeclineOffer", "wrong school", stage.school(100_600).decline(&second).await, "NOT_FOUND");
    repeated!(walk, "DeclineOffer", ncetm.applications, decline_offer, decline(&second), decline(&first));
    walk.step("DeclineOffer", "wrong state", north.decline(&second).await, "STATE_NOT_OFFERED");

    let stands = ncetm.places().await.unwrap().remove(0);
    let set = pb::Places { places_count: 0, ..stands };
    let below = pb::SetPlacesRequest { request_id: ncetm.request_id(), parent: ROUND.to_owned(), places: Some(set) };
    walk.step("SetPlaces", "wrong state", ncetm.rounds.clone().set_places(below).await, "PLACES_BELOW_ACCEPTED");
    let mut without =
        ncetm.rounds.clone().get_round(pb::GetRoundRequest { name: ROUND.to_owned() }).await.unwrap().into_inner().round.unwrap();
    without.programmes[0].programme = "another".to_owned();
    let update = pb::UpdateRoundRequest { request_id: ncetm.request_id(), round: Some(without) };
    walk.step("UpdateRound", "wrong state", ncetm.rounds.clone().update_round(update).await, "PROGRAMME_IN_USE");

    let lapse = |parent: &str| pb::LapseOffersRequest { request_id: ncetm.request_id(), parent: parent.to_owned() };
    walk.step("LapseOffers", "wrong field", client().lapse_offers(lapse("2018")).await, "FIELD_INVALID");
    walk.step("LapseOffers", "wrong state", client().lapse_offers(lapse("rounds/none")).await, "NOT_FOUND");
    stage.clock.move_to(noon("2018-05-20"));
    repeated!(walk, "LapseOffers", ncetm.applications, lapse_offers, lapse(ROUND), lapse("rounds/2019"));
}

async fn participations(stage: &Stage, walk: &mut Walk) {
    let (ncetm, south) = (stage.ncetm(), stage.hub_lead(SOUTH));
    let client = || ncetm.participations.clone();
    let name = ncetm.applications().await.unwrap().into_iter().find(|one| !one.participation.is_empty()).unwrap().participation;
    let get = |name: &str| pb::GetParticipationRequest { name: name.to_owned() };
    walk.step("GetParticipation", "wrong field", client().get_participation(get("x")).await, "FIELD_INVALID");
    walk.step("GetParticipation", "wrong state", client().get_participation(get("participations/none")).await, "NOT_FOUND");
    walk.step("GetParticipation", "wrong hub", south.participation(&name).await, "NOT_FOUND");
    walk.step("GetParticipation", "wrong school", stage.school(100_600).participation(&name).await, "NOT_FOUND");
    for wrong in [
        pb::ListParticipationsRequest { state: 99, ..Default::default() },
        pb::ListParticipationsRequest { first_academic_year: "2018".to_owned(), ..Default::default() },
        pb::ListParticipationsRequest { hub: "north".to_owned(), ..Default::default() },
        pb::ListParticipationsRequest { page_token: "x".to_owned(), ..Default::default() },
    ] {
        walk.step("ListParticipations", "wrong field", client().list_participations(wrong).await, "FIELD_INVALID");
    }
    for (case, voice) in [("wrong hub", &south), ("wrong school", &stage.school(100_600))] {
        let seen = voice.participations.clone().list_participations(pb::ListParticipationsRequest::default()).await;
        let seen = seen.map(|answer| answer.into_inner().participations);
        assert!(seen.as_ref().is_ok_and(Vec::is_empty), "another's participations are not seen: {seen:?}");
        walk.step("ListParticipations", case, seen, "OK");
    }

    // Each verb, in the order of a year. Its day, then one that is too early or too late for it.
    let none = "participations/none";
    let agree = |name: &str, day: &str| pb::RecordAgreementRequest {
        request_id: ncetm.request_id(),
        name: name.to_owned(),
        sign_date: day.to_owned(),
    };
    stage.clock.move_to(noon("2018-07-10"));
    walk.step("RecordAgreement", "wrong field", client().record_agreement(agree(&name, "2018-07-32")).await, "FIELD_INVALID");
    walk.step("RecordAgreement", "wrong state", client().record_agreement(agree(none, "2018-07-02")).await, "NOT_FOUND");
    walk.step("RecordAgreement", "wrong state", client().record_agreement(agree(&name, "2018-07-11")).await, "DATE_IN_FUTURE");
    walk.step("RecordAgreement", "wrong hub", south.agree(&name, "2018-07-02").await, "NOT_FOUND");
    let (request, other) = (agree(&name, "2018-07-02"), agree(&name, "2018-07-03"));
    repeated!(walk, "RecordAgreement", ncetm.participations, record_agreement, request, other);
    walk.step("RecordAgreement", "wrong state", client().record_agreement(agree(&name, "2018-07-03")).await, "AGREEMENT_SIGNED");

    let start = |name: &str, day: &str| pb::StartYearRequest {
        request_id: ncetm.request_id(),
        name: name.to_owned(),
        start_date: day.to_owned(),
    };
    walk.step("StartYear", "wrong field", client().start_year(start(&name, "")).await, "FIELD_INVALID");
    walk.step("StartYear", "wrong state", client().start_year(start(&name, "2018-07-10")).await, "DATE_OUTSIDE_YEAR");
    stage.clock.move_to(noon("2018-10-01"));
    walk.step("StartYear", "wrong hub", south.start_year(&name, "2018-09-20").await, "NOT_FOUND");
    let attend = |name: &str, day: &str| pb::RecordAttendanceRequest {
        request_id: ncetm.request_id(),
        name: name.to_owned(),
        attendance_date: day.to_owned(),
    };
    let complete = |name: &str, day: &str| pb::CompleteYearRequest {
        request_id: ncetm.request_id(),
        name: name.to_owned(),
        completion_date: day.to_owned(),
    };
    walk.step("CompleteYear", "wrong state", client().complete_year(complete(&name, "2018-09-20")).await, "YEAR_NOT_STARTED");
    let (request, other) = (start(&name, "2018-09-20"), start(&name, "2018-09-21"));
    repeated!(walk, "StartYear", ncetm.participations, start_year, request, other);
    walk.step("StartYear", "wrong state", client().start_year(start(&name, "2018-09-21")).await, "YEAR_NOT_COMPLETED");

    walk.step("RecordAttendance", "wrong field", client().record_attendance(attend("x", "2018-09-27")).await, "FIELD_INVALID");
    walk.step("RecordAttendance", "wrong state", client().record_attendance(attend(&name, "2018-10-02")).await, "DATE_IN_FUTURE");
    walk.step("RecordAttendance", "wrong hub", south.attend(&name, "2018-09-27").await, "NOT_FOUND");
    let (request, other) = (attend(&name, "2018-09-27"), attend(&name, "2018-09-28"));
    repeated!(walk, "RecordAttendance", ncetm.participations, record_attendance, request, other);
    walk.step(
        "RecordAttendance",
        "wrong state",
        client().record_attendance(attend(&name, "2018-09-27")).await,
        "ATTENDANCE_RECORDED",
    );

    stage.clock.move_to(noon("2019-07-10"));
    walk.step("CompleteYear", "wrong field", client().complete_year(complete(&name, "soon")).await, "FIELD_INVALID");
    walk.step("CompleteYear", "wrong hub", south.complete_year(&name, "2019-07-05").await, "NOT_FOUND");
    walk.step("CompleteYear", "wrong state", client().complete_year(complete(&name, "2018-09-01")).await, "DATE_BEFORE_LAST");
    let (request, other) = (complete(&name, "2019-07-05"), complete(&name, "2019-07-06"));
    repeated!(walk, "CompleteYear", ncetm.participations, complete_year, request, other);

    let leave = |name: &str, day: &str, reason: &str| pb::WithdrawParticipationRequest {
        request_id: ncetm.request_id(),
        name: name.to_owned(),
        withdraw_date: day.to_owned(),
        reason: reason.to_owned(),
    };
    walk.step(
        "WithdrawParticipation",
        "wrong field",
        client().withdraw_participation(leave(&name, "2019-07-06", "")).await,
        "FIELD_INVALID",
    );
    walk.step("WithdrawParticipation", "wrong hub", south.leave(&name, "2019-07-06").await, "NOT_FOUND");
    walk.step("WithdrawParticipation", "wrong state", ncetm.leave(&name, "2019-07-04").await, "DATE_BEFORE_LAST");
    let (request, other) = (leave(&name, "2019-07-06", "The head left"), leave(&name, "2019-07-07", "The head left"));
    repeated!(walk, "WithdrawParticipation", ncetm.participations, withdraw_participation, request, other);
    walk.step("WithdrawParticipation", "wrong state", ncetm.leave(&name, "2019-07-08").await, "STATE_ENDED");
}
