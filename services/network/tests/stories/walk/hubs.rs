//! HubService. The register lists 100001 to 100150.

use proto::network::v1 as pb;
use server::testing::{Cases, Walk};

use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("CreateHub", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetHub", &["wrong field", "wrong state"]),
    ("ListHubs", &["wrong field"]),
    ("FindLocalHubs", &["wrong field", "wrong state", "wrong token"]),
    ("MoveSchools", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("UpdateHub", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("ChooseHub", &["wrong field", "wrong state", "wrong hub", "wrong school", "wrong token", "repeated", "another body"]),
    ("ListHubChoices", &["wrong field", "wrong hub", "wrong school", "wrong token"]),
];

/// A change of a hub, and the field that it makes wrong.
type Wrong = (fn(&mut pb::Hub), &'static str);

const WRONG: [Wrong; 18] = [
    (|hub| hub.old_la_codes = vec!["999".to_owned()], "hub.old_la_codes"),
    (|hub| hub.old_la_codes = vec!["373".to_owned(); 2], "hub.old_la_codes"),
    (|hub| hub.contact_address = "x".repeat(201), "hub.contact_address"),
    (|hub| hub.incubation_start_date = "2012-09-01".to_owned(), "hub.incubated_by_hubs"),
    (|hub| hub.incubated_by_hubs = vec!["hubs/two".to_owned()], "hub.incubated_by_hubs"),
    (|hub| incubate(hub, "2012-09-01", &["two", "two"]), "hub.incubated_by_hubs"),
    (|hub| incubate(hub, "2012-09-01", &["one"]), "hub.incubated_by_hubs"),
    (|hub| incubate(hub, "2014-09-01", &["two"]), "hub.incubation_start_date"),
    (|hub| hub.display_name.clear(), "hub.display_name"),
    (|hub| hub.display_name = "x".repeat(121), "hub.display_name"),
    (|hub| hub.display_name.push('\n'), "hub.display_name"),
    (|hub| hub.display_name.push('\u{200B}'), "hub.display_name"),
    (|hub| hub.display_name.insert(0, '='), "hub.display_name"),
    (|hub| hub.region_code = "E12000010".to_owned(), "hub.region_code"),
    (|hub| hub.start_date = "soon".to_owned(), "hub.start_date"),
    (|hub| hub.start_date = "20014-09-01".to_owned(), "hub.start_date"),
    (|hub| hub.end_date = "2200-01-01".to_owned(), "hub.end_date"),
    (|hub| hub.end_date = "2014-08-31".to_owned(), "hub.end_date"),
];

fn incubate(hub: &mut pb::Hub, start: &str, by: &[&str]) {
    hub.incubation_start_date = start.to_owned();
    hub.incubated_by_hubs = by.iter().map(|id| format!("hubs/{id}")).collect();
}

pub(crate) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    create(fixture, walk).await;
    update(fixture, walk).await;
    choose(fixture, walk).await;
    read_choices(fixture, walk).await;
    find(fixture, walk).await;
}

async fn find(fixture: &Fixture, walk: &mut Walk) {
    let call = async |caller, request| fixture.hubs_as(caller).find_local_hubs(request).await;
    let wrong =
        pb::FindLocalHubsRequest { school: "100001".to_owned(), old_la_code: "999".to_owned(), as_of_date: "today".to_owned() };
    walk.wrong("FindLocalHubs", call("ncetm", wrong).await, &["school", "school", "old_la_code", "as_of_date"]);
    walk.wrong("FindLocalHubs", call("ncetm", pb::FindLocalHubsRequest::default()).await, &["school"]);
    let nowhere = pb::FindLocalHubsRequest { school: "schools/100999".to_owned(), ..Default::default() };
    walk.step("FindLocalHubs", "wrong state", call("ncetm", nowhere.clone()).await, "NOT_FOUND");
    for caller in ["hub_lead", "school"] {
        walk.step("FindLocalHubs", "wrong token", call(caller, nowhere.clone()).await, "TOKEN_INCOMPLETE");
    }
}

/// After the walk of the Council, which recorded the decision.
pub(super) async fn move_schools(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let call = async |request| fixture.hubs().move_schools(request).await;
    let request = |request_id: &str, etag: &str| pb::MoveSchoolsRequest {
        request_id: request_id.to_owned(),
        schools: vec!["schools/100001".to_owned()],
        hub: "hubs/two".to_owned(),
        start_date: "2030-09-01".to_owned(),
        decision: "councilMeetings/spring/decisions/core-maths".to_owned(),
        etag: etag.to_owned(),
        ..Default::default()
    };
    let all = ["request_id", "old_la_codes", "hub", "start_date", "decision", "etag"];
    walk.wrong("MoveSchools", call(pb::MoveSchoolsRequest::default()).await, &all);
    let wrong: [WrongMove; 4] = [
        (|asked| asked.old_la_codes = vec!["373".to_owned()], "old_la_codes"),
        (|asked| asked.schools = vec!["schools/1".to_owned()], "schools[0]"),
        (|asked| asked.schools = vec!["schools/100001".to_owned(); 2], "schools"),
        (|asked| asked.decision = "Council".to_owned(), "decision"),
    ];
    for (change, field) in wrong {
        let mut wrong = request("move", "x");
        change(&mut wrong);
        walk.wrong("MoveSchools", call(wrong).await, &[field]);
    }
    let mut undecided = request("move", "x");
    undecided.decision = "councilMeetings/spring/decisions/never-made".to_owned();
    walk.step("MoveSchools", "wrong state", call(undecided).await, "DECISION_UNKNOWN");
    let nowhere = pb::MoveSchoolsRequest { hub: "hubs/none".to_owned(), ..request("move", "x") };
    walk.step("MoveSchools", "wrong state", call(nowhere).await, "NOT_FOUND");
    walk.step("MoveSchools", "stale etag", call(request("move", "x")).await, "ETAG_STALE");
    let preview = call(pb::MoveSchoolsRequest { validate_only: true, ..request("preview", "") }).await.unwrap().into_inner();
    assert_eq!(preview.schools_count, 1);
    let pair = [request("move", &preview.etag), request("move", "x")];
    walk.repeat("MoveSchools", events, 2, call, pair).await;
}

/// A change of a move, and the field that it makes wrong.
type WrongMove = (fn(&mut pb::MoveSchoolsRequest), &'static str);

async fn get(fixture: &Fixture, name: &str) -> Result<pb::Hub, tonic::Status> {
    let answer = fixture.hubs().get_hub(pb::GetHubRequest { name: name.to_owned() }).await?;
    Ok(answer.into_inner().hub.unwrap())
}

async fn create(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let call = async |request| fixture.hubs().create_hub(request).await;
    let request = |request_id: &str, id: &str| pb::CreateHubRequest {
        request_id: request_id.to_owned(),
        hub_id: id.to_owned(),
        hub: Some(pb::Hub {
            display_name: format!("The {id} hub"),
            region_code: "E12000003".to_owned(),
            start_date: "2014-09-01".to_owned(),
            ..pb::Hub::default()
        }),
        lead_school: "schools/100001".to_owned(),
    };
    let all = ["request_id", "hub_id", "hub", "hub.display_name", "hub.region_code", "hub.start_date", "lead_school"];
    walk.wrong("CreateHub", call(pb::CreateHubRequest::default()).await, &all);
    for (change, field) in WRONG {
        let mut wrong = request("create", "one");
        change(wrong.hub.as_mut().unwrap());
        walk.wrong("CreateHub", call(wrong).await, &[field]);
    }
    for id in ["No Id", "hubs/one", &"x".repeat(41)] {
        let refused = call(request("create", id)).await;
        assert!(refused.as_ref().is_err_and(|status| status.message().contains(&format!("found `{id}`"))), "{refused:?}");
        walk.wrong("CreateHub", refused, &["hub_id"]);
    }
    walk.wrong("CreateHub", call(request(&"x".repeat(65), "one")).await, &["request_id"]);
    let mut unlisted = request("create", "one");
    unlisted.lead_school = "schools/100999".to_owned();
    walk.step("CreateHub", "wrong state", call(unlisted).await, "SCHOOL_NOT_LISTED");
    walk.repeat("CreateHub", events, 2, call, ["one", "two"].map(|id| request("create", id))).await;
    walk.step("CreateHub", "wrong state", call(request("again", "one")).await, "HUB_EXISTS");
    call(request("two", "two")).await.unwrap();

    for name in ["", "one", "hubs/One", &"x".repeat(5_000)] {
        walk.wrong("GetHub", get(fixture, name).await, &["name"]);
    }
    walk.step("GetHub", "wrong state", get(fixture, "hubs/none").await, "NOT_FOUND");
    let list = pb::ListHubsRequest { page_size: -1, page_token: "x".to_owned() };
    walk.wrong("ListHubs", fixture.hubs().list_hubs(list).await, &["page_size", "page_token"]);
}

async fn update(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let call = async |request| fixture.hubs().update_hub(request).await;
    let current = get(fixture, "hubs/one").await.unwrap();
    let request = |request_id: &str, change: &dyn Fn(&mut pb::Hub)| {
        let mut hub = current.clone();
        change(&mut hub);
        pb::UpdateHubRequest { request_id: request_id.to_owned(), hub: Some(hub) }
    };
    let all = ["request_id", "hub", "hub.name", "hub.display_name", "hub.etag"];
    walk.wrong("UpdateHub", call(pb::UpdateHubRequest::default()).await, &all);
    let more: [Wrong; 4] = [
        (|hub| hub.name = "one".to_owned(), "hub.name"),
        (|hub| hub.etag.clear(), "hub.etag"),
        (|hub| hub.start_date = "2015-09-01".to_owned(), "hub.start_date"),
        (|hub| hub.region_code = "E12000001".to_owned(), "hub.region_code"),
    ];
    for (change, field) in WRONG.into_iter().chain(more) {
        walk.wrong("UpdateHub", call(request("update", &change)).await, &[field]);
    }
    let nowhere = request("update", &|hub| hub.name = "hubs/none".to_owned());
    walk.step("UpdateHub", "wrong state", call(nowhere).await, "NOT_FOUND");
    for etag in ["v99", "1", "x"] {
        let stale = request("update", &|hub| hub.etag = etag.to_owned());
        walk.step("UpdateHub", "stale etag", call(stale).await, "ETAG_STALE");
    }
    let pair = ["First", "Other"].map(|name| request("update", &|hub| hub.display_name = name.to_owned()));
    walk.repeat("UpdateHub", events, 1, call, pair).await;
}

async fn choose(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let call_as = async |caller, request| fixture.hubs_as(caller).choose_hub(request).await;
    let call = async |request| call_as("hub_lead:hubs/one", request).await;
    let request = |request_id: &str, hub: &str, urn: i32, day: &str| pb::ChooseHubRequest {
        request_id: request_id.to_owned(),
        school: format!("schools/{urn}"),
        hub: hub.to_owned(),
        start_date: day.to_owned(),
        document_sha256: FORM_SHA256.to_owned(),
    };
    let nothing = call_as("ncetm", pb::ChooseHubRequest::default()).await;
    walk.wrong("ChooseHub", nothing, &["request_id", "school", "hub", "start_date", "document_sha256"]);
    for (wrong, field) in [
        (request("", "hubs/one", 100_001, "2016-09-01"), "request_id"),
        (request("choose", "one", 100_001, "2016-09-01"), "hub"),
        (request("choose", "hubs/one", 1, "2016-09-01"), "school"),
        (request("choose", "hubs/one", 100_001, "2016-09-31"), "start_date"),
    ] {
        walk.wrong("ChooseHub", call_as("ncetm", wrong).await, &[field]);
    }
    let good = || request("choose", "hubs/one", 100_001, "2016-09-01");
    walk.step("ChooseHub", "wrong hub", call_as("hub_lead:hubs/two", good()).await, "HUB_CHOICE_NOT_OWN");
    walk.step("ChooseHub", "wrong token", call_as("hub_lead", good()).await, "TOKEN_INCOMPLETE");
    for (wrong, reason) in [
        (request("choose", "hubs/none", 100_001, "2016-09-01"), "NOT_FOUND"),
        (request("choose", "hubs/one", 100_999, "2016-09-01"), "SCHOOL_NOT_LISTED"),
        (request("choose", "hubs/one", 100_001, "2014-08-31"), "HUB_NOT_OPEN"),
    ] {
        walk.step("ChooseHub", "wrong state", call_as("ncetm", wrong).await, reason);
    }
    let by_school = pb::ChooseHubRequest { document_sha256: String::new(), ..good() };
    walk.step("ChooseHub", "wrong school", call_as("school:schools/100002", by_school).await, "HUB_CHOICE_NOT_OWN");
    walk.wrong("ChooseHub", call_as("school:schools/100001", good()).await, &["document_sha256"]);
    let other = request("choose", "hubs/one", 100_002, "2016-09-01");
    walk.repeat("ChooseHub", events, 1, call, [good(), other]).await;
    let early = request("early", "hubs/two", 100_001, "2016-08-31");
    walk.step("ChooseHub", "wrong state", call_as("ncetm", early).await, "HUB_CHOICE_BEFORE_LAST");
    let ended = pb::Hub { end_date: "2016-08-31".to_owned(), ..get(fixture, "hubs/one").await.unwrap() };
    let ended = pb::UpdateHubRequest { request_id: fresh(), hub: Some(ended) };
    walk.step("UpdateHub", "wrong state", fixture.hubs().update_hub(ended).await, "HUB_CHOSEN_LATER");
}

async fn read_choices(fixture: &Fixture, walk: &mut Walk) {
    let call = async |caller, request| fixture.hubs_as(caller).list_hub_choices(request).await;
    let of_school = || pb::ListHubChoicesRequest { school: "schools/100001".to_owned(), ..Default::default() };
    walk.wrong("ListHubChoices", call("ncetm", pb::ListHubChoicesRequest::default()).await, &["school"]);
    let wrong = pb::ListHubChoicesRequest {
        school: "100001".to_owned(),
        hub: "one".to_owned(),
        as_of_date: "x".to_owned(),
        page_size: -1,
        page_token: "x".to_owned(),
    };
    let fields = ["school", "hub", "as_of_date", "page_size", "page_token"];
    walk.wrong("ListHubChoices", call("ncetm", wrong).await, &fields);
    assert_eq!(call("dfe", of_school()).await.unwrap().into_inner().hub_choices.len(), 1);
    // By the register of this walk 100002 descends from 100001, and 100000 does not.
    assert_eq!(call("school:schools/100002", of_school()).await.unwrap().into_inner().hub_choices.len(), 1);
    for (case, caller) in [("wrong hub", "hub_lead:hubs/two"), ("wrong school", "school:schools/100000")] {
        let seen = call(caller, of_school()).await;
        assert_eq!(seen.as_ref().unwrap().get_ref().hub_choices, [], "another's choices are not seen");
        walk.step("ListHubChoices", case, seen, "OK");
    }
    for caller in ["hub_lead", "school", "school:hubs/one"] {
        walk.step("ListHubChoices", "wrong token", call(caller, of_school()).await, "TOKEN_INCOMPLETE");
    }
}
