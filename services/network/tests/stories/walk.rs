//! A walk through every RPC: with a wrong field, in a wrong state, by a wrong role or hub, with a stale etag, and with a repeated request_id.

use access::{Gate, Role};
use network::{POLICIES, ROLE_METHOD, SERVICES};
use proto::network::v1::{self as pb, import_register_request::Part as Sent, publish_reach_request::Part};
use server::{
    repeated,
    testing::{Cases, Walk},
};
use tonic::Status;

use crate::{reach, setting::*};

/// Every RPC with the cases that it has.
const CASES: [Cases; 17] = [
    ("ImportRegister", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("GetRegister", &["wrong field", "wrong state"]),
    ("GetSchool", &["wrong field", "wrong state"]),
    ("ListSchools", &["wrong field"]),
    ("GetLineage", &["wrong field", "wrong state"]),
    ("CreateHub", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("GetHub", &["wrong field", "wrong state"]),
    ("ListHubs", &["wrong field"]),
    ("UpdateHub", &["wrong field", "wrong state", "wrong role", "stale etag", "repeated", "another body"]),
    ("ChooseHub", &["wrong field", "wrong state", "wrong role", "wrong hub", "repeated", "another body"]),
    ("ListHubChoices", &["wrong field", "wrong hub", "wrong school"]),
    ("PublishReach", &["wrong field", "wrong role", "repeated", "another body"]),
    ("ApproveReach", &["wrong field", "wrong state", "wrong role", "stale etag", "repeated", "another body"]),
    ("GetReachPublication", &["wrong field", "wrong state", "wrong role"]),
    ("ListReachPublications", &["wrong field", "wrong role"]),
    ("ListReachFigures", &["wrong field", "wrong state", "wrong role"]),
    ("ListColdAreas", &["wrong field", "wrong state", "wrong role"]),
];

/// Wrong roles, as the gate before the service decides.
fn roles(walk: &mut Walk) {
    let gate = Gate::new(POLICIES, ROLE_METHOD, &network::methods()).unwrap();
    let others = [Role::Dfe, Role::HubLead, Role::School];
    let council = [Role::Dfe, Role::HubLead, Role::School, Role::Service];
    let wrong: [(&'static str, &str, &[Role]); 17] = [
        ("ImportRegister", "RegisterService", &others),
        ("GetRegister", "RegisterService", &[]),
        ("GetSchool", "RegisterService", &[]),
        ("ListSchools", "RegisterService", &[]),
        ("GetLineage", "RegisterService", &[]),
        ("CreateHub", "HubService", &council),
        ("GetHub", "HubService", &[]),
        ("ListHubs", "HubService", &[]),
        ("UpdateHub", "HubService", &council),
        ("ChooseHub", "HubService", &[Role::Dfe, Role::School, Role::Service]),
        ("ListHubChoices", "HubService", &[]),
        ("PublishReach", "ReachService", &others),
        ("ApproveReach", "ReachService", &[Role::HubLead, Role::School, Role::Service]),
        ("GetReachPublication", "ReachService", &[Role::School]),
        ("ListReachPublications", "ReachService", &[Role::School]),
        ("ListReachFigures", "ReachService", &[Role::School]),
        ("ListColdAreas", "ReachService", &[Role::School]),
    ];
    for (rpc, service, refused) in wrong {
        let method = format!("mathshubs.network.v1.{service}/{rpc}");
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
    on_each(|setting| async move {
        let mut walk = Walk::default();
        roles(&mut walk);
        registers(&setting, &mut walk).await;
        hubs(&setting, &mut walk).await;
        choices(&setting, &mut walk).await;
        publications(&setting, &mut walk).await;
        walk.is_whole(&CASES, proto::DESCRIPTORS, &SERVICES[..3]);
    })
    .await;
}

async fn registers(setting: &Setting, walk: &mut Walk) {
    let client = || setting.register();
    let get = |name: &str| pb::GetRegisterRequest { name: name.to_owned() };
    walk.step("GetRegister", "wrong field", client().get_register(get("registers/1")).await, "FIELD_INVALID");
    walk.step("GetRegister", "wrong state", client().get_register(get("register")).await, "NOT_FOUND");

    let rows = extract([row(100_001), row(100_002)]);
    let file = |request_id: &str, day: &str| messages(request_id, day, &rows, b"", false);
    let send = async |parts: Vec<pb::ImportRegisterRequest>| client().import_register(futures::stream::iter(parts)).await;
    let header_again = [file("a", "2018-09-01"), file("a", "2018-09-01")].concat();
    let links_first = vec![
        file("a", "2018-09-01").remove(0),
        chunk(Sent::LinksChunk(b"URN".as_slice().into())),
        file("a", "2018-09-01").remove(1),
    ];
    let rubbish = messages("a", "2018-09-01", b"URN,Name\n1,x\n", b"", false);
    let large = vec![file("a", "2018-09-01").remove(0), chunk(Sent::ExtractChunk(vec![b'x'; 3 << 20].into()))];
    let nothing = vec![file("a", "2018-09-01").remove(0), pb::ImportRegisterRequest { part: None }];
    let headless = file("a", "2018-09-01").split_off(1);
    for (what, wrong) in [
        ("no header", headless),
        ("nothing at all", vec![]),
        ("two headers", header_again),
        ("the links before the extract", links_first),
        ("a part without a kind", nothing),
        ("a chunk that is too large", large),
        ("what is no extract", rubbish),
        ("no day", file("a", "")),
        ("no request id", file("", "2018-09-01")),
        ("a day that there is not", file("a", "2018-02-30")),
    ] {
        println!("{what}");
        walk.step("ImportRegister", "wrong field", send(wrong).await, "FIELD_INVALID");
    }
    let first = setting.import_as("once", "2018-09-01", &rows, b"", false).await;
    let again = setting.import_as("once", "2018-09-01", &rows, b"", false).await;
    assert_eq!(first.as_ref().ok(), again.as_ref().ok());
    walk.step("ImportRegister", "repeated", first.and(again), "OK");
    let other = setting.import_as("once", "2018-09-02", &rows, b"", false).await;
    walk.step("ImportRegister", "another body", other, "REQUEST_ID_REUSED");
    let small = begin_small().await;
    let more = extract((100_001..100_100).map(row));
    walk.step("ImportRegister", "wrong state", small.import("2018-09-01", &more, b"").await, "STREAM_TOO_LARGE");

    let get = |name: &str| pb::GetSchoolRequest { name: name.to_owned() };
    walk.step("GetSchool", "wrong field", client().get_school(get("schools/1")).await, "FIELD_INVALID");
    walk.step("GetSchool", "wrong state", client().get_school(get("schools/999999")).await, "NOT_FOUND");
    for wrong in [
        pb::ListSchoolsRequest { region_code: "X".to_owned(), ..Default::default() },
        pb::ListSchoolsRequest { old_la_code: "Sheffield".to_owned(), ..Default::default() },
        pb::ListSchoolsRequest { education_phase: 99, ..Default::default() },
        pb::ListSchoolsRequest { register_reason: 99, ..Default::default() },
        pb::ListSchoolsRequest { page_size: -1, ..Default::default() },
        pb::ListSchoolsRequest { page_token: "x".to_owned(), ..Default::default() },
    ] {
        walk.step("ListSchools", "wrong field", client().list_schools(wrong).await, "FIELD_INVALID");
    }
    let lineage = |name: &str, day: &str| pb::GetLineageRequest { name: name.to_owned(), as_of_date: day.to_owned() };
    walk.step("GetLineage", "wrong field", client().get_lineage(lineage("schools/1", "")).await, "FIELD_INVALID");
    walk.step("GetLineage", "wrong field", client().get_lineage(lineage("schools/100001", "x")).await, "FIELD_INVALID");
    walk.step("GetLineage", "wrong state", client().get_lineage(lineage("schools/999999", "")).await, "NOT_FOUND");
}

fn chunk(part: Sent) -> pb::ImportRegisterRequest {
    pb::ImportRegisterRequest { part: Some(part) }
}

/// One that takes little.
async fn begin_small() -> Setting {
    begin(db::testing::sqlite(), Some(1_000)).await
}

async fn hubs(setting: &Setting, walk: &mut Walk) {
    let client = setting.hubs();
    let hub = |display_name: &str, lead: i32| pb::Hub {
        display_name: display_name.to_owned(),
        lead_school: format!("schools/{lead}"),
        start_date: "2014-09-01".to_owned(),
        ..pb::Hub::default()
    };
    let create = |id: &str, hub: pb::Hub| pb::CreateHubRequest { request_id: fresh(), hub_id: id.to_owned(), hub: Some(hub) };
    for wrong in [
        create("No Id", hub("One", 100_001)),
        create("one", hub("", 100_001)),
        create("one", pb::Hub { lead_school: "100001".to_owned(), ..hub("One", 100_001) }),
        create("one", pb::Hub { start_date: "soon".to_owned(), ..hub("One", 100_001) }),
        create("one", pb::Hub { end_date: "2014-08-31".to_owned(), ..hub("One", 100_001) }),
        pb::CreateHubRequest { hub: None, ..create("one", hub("One", 100_001)) },
        pb::CreateHubRequest { request_id: String::new(), ..create("one", hub("One", 100_001)) },
    ] {
        walk.step("CreateHub", "wrong field", client.clone().create_hub(wrong).await, "FIELD_INVALID");
    }
    let unlisted = client.clone().create_hub(create("one", hub("One", 100_999))).await;
    walk.step("CreateHub", "wrong state", unlisted, "SCHOOL_NOT_LISTED");
    let (request, other) = (create("one", hub("One", 100_001)), create("one", hub("Other", 100_001)));
    repeated!(walk, "CreateHub", client, create_hub, request, other);
    walk.step("CreateHub", "wrong state", client.clone().create_hub(create("one", hub("One", 100_001))).await, "HUB_EXISTS");
    client.clone().create_hub(create("two", hub("Two", 100_002))).await.unwrap();

    let get = |name: &str| pb::GetHubRequest { name: name.to_owned() };
    walk.step("GetHub", "wrong field", client.clone().get_hub(get("one")).await, "FIELD_INVALID");
    walk.step("GetHub", "wrong state", client.clone().get_hub(get("hubs/none")).await, "NOT_FOUND");
    let list = pb::ListHubsRequest { page_size: -1, ..Default::default() };
    walk.step("ListHubs", "wrong field", client.clone().list_hubs(list).await, "FIELD_INVALID");

    let stands = client.clone().get_hub(get("hubs/one")).await.unwrap().into_inner().hub.unwrap();
    let update = |hub: pb::Hub| pb::UpdateHubRequest { request_id: fresh(), hub: Some(hub) };
    let named = |display_name: &str| pb::Hub { display_name: display_name.to_owned(), ..stands.clone() };
    walk.step("UpdateHub", "wrong field", client.clone().update_hub(update(named(""))).await, "FIELD_INVALID");
    let none = pb::UpdateHubRequest { request_id: fresh(), hub: None };
    walk.step("UpdateHub", "wrong field", client.clone().update_hub(none).await, "FIELD_INVALID");
    let nowhere = pb::Hub { name: "hubs/none".to_owned(), ..stands.clone() };
    walk.step("UpdateHub", "wrong state", client.clone().update_hub(update(nowhere)).await, "NOT_FOUND");
    let stale = pb::Hub { etag: "99".to_owned(), ..stands.clone() };
    walk.step("UpdateHub", "stale etag", client.clone().update_hub(update(stale)).await, "ETAG_STALE");
    repeated!(walk, "UpdateHub", client, update_hub, update(named("First")), update(named("Other")));
}

async fn choices(setting: &Setting, walk: &mut Walk) {
    let client = setting.hubs();
    let choose = |hub: &str, urn: i32, day: &str| pb::ChooseHubRequest {
        request_id: fresh(),
        school: format!("schools/{urn}"),
        hub: hub.to_owned(),
        start_date: day.to_owned(),
    };
    for wrong in [choose("one", 100_001, "2016-09-01"), choose("hubs/one", 1, "2016-09-01"), choose("hubs/one", 100_001, "x")] {
        walk.step("ChooseHub", "wrong field", client.clone().choose_hub(wrong).await, "FIELD_INVALID");
    }
    let foreign = setting.hubs_as("hub_lead:hubs/two").choose_hub(choose("hubs/one", 100_001, "2016-09-01")).await;
    walk.step("ChooseHub", "wrong hub", foreign, "HUB_NOT_OWN");
    for (wrong, reason) in [
        (choose("hubs/none", 100_001, "2016-09-01"), "NOT_FOUND"),
        (choose("hubs/one", 100_999, "2016-09-01"), "SCHOOL_NOT_LISTED"),
        (choose("hubs/one", 100_001, "2014-08-31"), "HUB_NOT_OPEN"),
    ] {
        walk.step("ChooseHub", "wrong state", client.clone().choose_hub(wrong).await, reason);
    }
    let (request, other) = (choose("hubs/one", 100_001, "2016-09-01"), choose("hubs/two", 100_001, "2016-09-01"));
    repeated!(walk, "ChooseHub", client, choose_hub, request, other);
    let early = client.clone().choose_hub(choose("hubs/two", 100_001, "2016-08-31")).await;
    walk.step("ChooseHub", "wrong state", early, "HUB_CHOICE_BEFORE_LAST");
    let get = pb::GetHubRequest { name: "hubs/one".to_owned() };
    let stands = client.clone().get_hub(get).await.unwrap().into_inner().hub.unwrap();
    let ended = pb::Hub { end_date: "2016-08-31".to_owned(), ..stands };
    let ended = pb::UpdateHubRequest { request_id: fresh(), hub: Some(ended) };
    walk.step("UpdateHub", "wrong state", client.clone().update_hub(ended).await, "HUB_CHOSEN_LATER");

    let list = pb::ListHubChoicesRequest { school: "schools/100001".to_owned(), ..Default::default() };
    for wrong in [
        pb::ListHubChoicesRequest::default(),
        pb::ListHubChoicesRequest { hub: "one".to_owned(), ..list.clone() },
        pb::ListHubChoicesRequest { as_of_date: "x".to_owned(), ..list.clone() },
        pb::ListHubChoicesRequest { page_token: "x".to_owned(), ..list.clone() },
    ] {
        walk.step("ListHubChoices", "wrong field", client.clone().list_hub_choices(wrong).await, "FIELD_INVALID");
    }
    for (case, caller) in [("wrong hub", "hub_lead:hubs/two"), ("wrong school", "school:schools/100002")] {
        let seen = setting.hubs_as(caller).list_hub_choices(list.clone()).await.map(|answer| answer.into_inner().hub_choices);
        assert!(seen.as_ref().is_ok_and(Vec::is_empty), "another's choices are not seen: {seen:?}");
        walk.step("ListHubChoices", case, seen, "OK");
    }
}

async fn publications(setting: &Setting, walk: &mut Walk) {
    let header = |request_id: &str| Part::Header(reach::header(request_id, false));
    let changed = |change: fn(&mut pb::ReachPublication)| {
        let mut header = reach::header("a", false);
        change(header.reach_publication.as_mut().unwrap());
        Part::Header(header)
    };
    let figures = || reach::part(vec![reach::figure("primary")], reach::areas());
    let send =
        async |parts: Vec<Part>| -> Result<pb::ReachPublication, Status> { reach::publish(setting, "service@a", parts).await };
    for wrong in [
        vec![],
        vec![figures()],
        vec![header(""), figures()],
        vec![header("a"), figures(), header("a")],
        vec![Part::Header(pb::PublishReachHeader { reach_publication: None, ..reach::header("a", false) }), figures()],
        vec![changed(|publication| publication.academic_year = "2018".to_owned()), figures()],
        vec![changed(|publication| publication.true_on_date = "2019-02-29".to_owned()), figures()],
        vec![changed(|publication| publication.content_sha256 = "0".to_owned()), figures()],
        vec![changed(|publication| publication.coldness_prior_schools_count = -1), figures()],
        vec![header("a"), reach::part(vec![reach::figure("No")], vec![])],
    ] {
        walk.step("PublishReach", "wrong field", send(wrong).await, "FIELD_INVALID");
    }
    let first = send(vec![header("publish"), figures()]).await;
    let again = send(vec![header("publish"), figures()]).await;
    assert_eq!(first.as_ref().ok(), again.as_ref().ok());
    let publication = first.clone().unwrap();
    walk.step("PublishReach", "repeated", first.and(again), "OK");
    let other = send(vec![header("publish"), reach::part(vec![reach::figure("total")], reach::areas())]).await;
    walk.step("PublishReach", "another body", other, "REQUEST_ID_REUSED");

    let dfe = setting.reach_as("dfe@anna");
    let approve =
        |name: &str, etag: &str| pb::ApproveReachRequest { request_id: fresh(), name: name.to_owned(), etag: etag.to_owned() };
    walk.step("ApproveReach", "wrong field", dfe.clone().approve_reach(approve("p", "1")).await, "FIELD_INVALID");
    walk.step("ApproveReach", "wrong field", dfe.clone().approve_reach(approve(&publication.name, "")).await, "FIELD_INVALID");
    let none = dfe.clone().approve_reach(approve("reachPublications/none", "1")).await;
    walk.step("ApproveReach", "wrong state", none, "NOT_FOUND");
    walk.step("ApproveReach", "stale etag", dfe.clone().approve_reach(approve(&publication.name, "99")).await, "ETAG_STALE");
    let own = setting.reach_as("ncetm@a").approve_reach(approve(&publication.name, &publication.etag)).await;
    walk.step("ApproveReach", "wrong state", own, "APPROVER_IS_PUBLISHER");
    let (request, other) = (approve(&publication.name, &publication.etag), approve(&publication.name, "99"));
    repeated!(walk, "ApproveReach", dfe, approve_reach, request, other);
    let get = |name: &str| pb::GetReachPublicationRequest { name: name.to_owned() };
    let last = dfe.clone().get_reach_publication(get(&publication.name)).await.unwrap().into_inner().reach_publication.unwrap();
    walk.step("ApproveReach", "wrong state", dfe.clone().approve_reach(approve(&last.name, &last.etag)).await, "REACH_FINAL");

    walk.step("GetReachPublication", "wrong field", dfe.clone().get_reach_publication(get("p")).await, "FIELD_INVALID");
    let none = dfe.clone().get_reach_publication(get("reachPublications/none")).await;
    walk.step("GetReachPublication", "wrong state", none, "NOT_FOUND");
    let list = pb::ListReachPublicationsRequest { page_size: -1, ..Default::default() };
    walk.step("ListReachPublications", "wrong field", dfe.clone().list_reach_publications(list).await, "FIELD_INVALID");

    let parent = publication.name.clone();
    let list = pb::ListReachFiguresRequest { parent: parent.clone(), ..Default::default() };
    for wrong in [
        pb::ListReachFiguresRequest { parent: "p".to_owned(), ..list.clone() },
        pb::ListReachFiguresRequest { academic_year: "2018".to_owned(), ..list.clone() },
        pb::ListReachFiguresRequest { geographic_level: 99, ..list.clone() },
        pb::ListReachFiguresRequest { page_token: "x".to_owned(), ..list.clone() },
    ] {
        walk.step("ListReachFigures", "wrong field", dfe.clone().list_reach_figures(wrong).await, "FIELD_INVALID");
    }
    let none = pb::ListReachFiguresRequest { parent: "reachPublications/none".to_owned(), ..list };
    walk.step("ListReachFigures", "wrong state", dfe.clone().list_reach_figures(none).await, "NOT_FOUND");
    let list = pb::ListColdAreasRequest { parent, ..Default::default() };
    for wrong in [
        pb::ListColdAreasRequest { parent: "p".to_owned(), ..list.clone() },
        pb::ListColdAreasRequest { education_phase: 99, ..list.clone() },
        pb::ListColdAreasRequest { page_size: -1, ..list.clone() },
    ] {
        walk.step("ListColdAreas", "wrong field", dfe.clone().list_cold_areas(wrong).await, "FIELD_INVALID");
    }
    let none = pb::ListColdAreasRequest { parent: "reachPublications/none".to_owned(), ..list };
    walk.step("ListColdAreas", "wrong state", dfe.clone().list_cold_areas(none).await, "NOT_FOUND");
}
