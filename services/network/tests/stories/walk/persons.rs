//! PersonService. The register lists 100001 to 100150, and 100002 descends from 100001.

use proto::network::v1 as pb;
use server::testing::{Cases, Walk};
use tonic::{Response, Status};

use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("RecordPerson", &["wrong field", "wrong state", "wrong school", "wrong token", "repeated", "another body"]),
    ("GetPerson", &["wrong field", "wrong state", "wrong hub", "wrong school", "wrong token"]),
    (
        "UpdatePerson",
        &["wrong field", "wrong state", "wrong hub", "wrong school", "wrong token", "stale etag", "repeated", "another body"],
    ),
    ("MovePerson", &["wrong field", "wrong state", "wrong hub", "wrong school", "wrong token", "repeated", "another body"]),
    ("MergePersons", &["wrong field", "wrong state", "repeated", "another body"]),
    ("ErasePerson", &["wrong field", "wrong state", "wrong hub", "wrong school", "wrong token", "repeated", "another body"]),
    ("ListPersonMatches", &["wrong field"]),
];

/// The caller of most steps, whose records they are.
const ONE: &str = "hub_lead:hubs/one";
/// Callers who know nothing of them.
const OTHERS: [(&str, &str); 2] = [("wrong hub", "hub_lead:hubs/two"), ("wrong school", "school:schools/100000")];
/// Callers whose tokens do not name whom they act for.
const NAMELESS: [&str; 3] = ["hub_lead", "school", "school:hubs/one"];
const NOBODY: &str = "persons/0198f0a1";

pub(crate) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    let person = record(fixture, walk).await;
    get(fixture, walk, &person).await;
    update(fixture, walk, &person).await;
    move_person(fixture, walk, &person).await;
    merge(fixture, walk, &person).await;
    erase(fixture, walk, &person).await;
    let wrong = pb::ListPersonMatchesRequest { page_size: -1, page_token: "x".to_owned() };
    walk.wrong("ListPersonMatches", fixture.persons_as("ncetm").list_person_matches(wrong).await, &["page_size", "page_token"]);
}

fn details(address: &str) -> Option<pb::PersonDetails> {
    Some(pb::PersonDetails { display_name: "Wilhelmina Quux".to_owned(), email_address: address.to_owned() })
}

fn recording(request_id: &str, address: &str, urn: i32) -> pb::RecordPersonRequest {
    pb::RecordPersonRequest {
        request_id: request_id.to_owned(),
        details: details(address),
        school: format!("schools/{urn}"),
        start_date: "2015-09-01".to_owned(),
    }
}

async fn recorded(fixture: &Fixture, caller: &'static str, address: &str, urn: i32) -> pb::Person {
    let answer = fixture.persons_as(caller).record_person(recording(&fresh(), address, urn)).await;
    answer.unwrap().into_inner().person.unwrap()
}

async fn record(fixture: &Fixture, walk: &mut Walk) -> pb::Person {
    let events = async || fixture.events().await.len();
    let call_as = async |caller, request| fixture.persons_as(caller).record_person(request).await;
    let call = async |request| call_as(ONE, request).await;
    walk.wrong("RecordPerson", call(pb::RecordPersonRequest::default()).await, &["request_id", "details", "school"]);
    let named = |display_name: &str, email_address: &str| {
        let details = pb::PersonDetails { display_name: display_name.to_owned(), email_address: email_address.to_owned() };
        pb::RecordPersonRequest { details: Some(details), ..recording("record", "", 100_001) }
    };
    for (wrong, fields) in [
        (named("", "a@b.example"), &["details.display_name"] as &[&str]),
        (named("=Q", "a@b.example"), &["details.display_name"]),
        (named(&"x".repeat(201), "a@b.example"), &["details.display_name"]),
        (named("Q\u{7}", "a b@c.example"), &["details.display_name", "details.email_address"]),
        (named("Q", "a@b@c"), &["details.email_address"]),
        (named("Q", &format!("{}@b", "a".repeat(253))), &["details.email_address"]),
        (recording("record", "a@b.example", 1), &["school"]),
        (pb::RecordPersonRequest { start_date: "2015-02-30".to_owned(), ..named("Q", "a@b") }, &["start_date"]),
    ] {
        walk.wrong("RecordPerson", call(wrong).await, fields);
    }
    let nowhere = |request_id: &str| pb::RecordPersonRequest { school: String::new(), ..recording(request_id, "a@b.example", 0) };
    walk.wrong("RecordPerson", call_as("ncetm", nowhere("record")).await, &["start_date"]);
    let without_day = pb::RecordPersonRequest { start_date: String::new(), ..nowhere("record") };
    for caller in [ONE, "school:schools/100001"] {
        walk.wrong("RecordPerson", call_as(caller, without_day.clone()).await, &["school"]);
    }
    for caller in NAMELESS {
        walk.step("RecordPerson", "wrong token", call_as(caller, recording("r", "a@b", 100_001)).await, "TOKEN_INCOMPLETE");
    }
    let foreign = call_as("school:schools/100002", recording("r", "a@b", 100_001)).await;
    walk.step("RecordPerson", "wrong school", foreign, "PERSON_NOT_OWN");
    walk.step("RecordPerson", "wrong state", call(recording("r", "a@b", 100_999)).await, "NOT_FOUND");
    let pair = ["w.quux@one.example", "other@one.example"].map(|address| recording("record", address, 100_001));
    let person = walk.repeat("RecordPerson", events, 1, call, pair).await.person.unwrap();
    walk.step("RecordPerson", "wrong state", call(recording("r", " W.Quux@one.example ", 100_003)).await, "PERSON_EXISTS");
    person
}

async fn get(fixture: &Fixture, walk: &mut Walk, person: &pb::Person) {
    let call =
        async |caller, name: &str| fixture.persons_as(caller).get_person(pb::GetPersonRequest { name: name.to_owned() }).await;
    for name in ["", "1", "person/1", "persons/X", &format!("persons/{}", "x".repeat(41))] {
        walk.wrong("GetPerson", call("ncetm", name).await, &["name"]);
    }
    for name in [NOBODY, "persons/x"] {
        walk.step("GetPerson", "wrong state", call("ncetm", name).await, "NOT_FOUND");
    }
    for (case, caller) in OTHERS {
        walk.step("GetPerson", case, call(caller, &person.name).await, "NOT_FOUND");
    }
    for caller in NAMELESS {
        walk.step("GetPerson", "wrong token", call(caller, &person.name).await, "TOKEN_INCOMPLETE");
    }
}

async fn update(fixture: &Fixture, walk: &mut Walk, person: &pb::Person) {
    let events = async || fixture.events().await.len();
    let call_as = async |caller, request| fixture.persons_as(caller).update_person(request).await;
    let call = async |request| call_as(ONE, request).await;
    let request = |request_id: &str, address: &str| pb::UpdatePersonRequest {
        request_id: request_id.to_owned(),
        person: Some(person.clone()),
        details: details(address),
    };
    let all = ["request_id", "person.name", "person.etag", "details"];
    walk.wrong("UpdatePerson", call(pb::UpdatePersonRequest::default()).await, &all);
    walk.wrong("UpdatePerson", call(request("update", "quux")).await, &["details.email_address"]);
    let mut nobody = request("update", "q@one.example");
    nobody.person.as_mut().unwrap().name = NOBODY.to_owned();
    walk.step("UpdatePerson", "wrong state", call(nobody).await, "NOT_FOUND");
    for (case, caller) in OTHERS {
        walk.step("UpdatePerson", case, call_as(caller, request("update", "q@one.example")).await, "NOT_FOUND");
    }
    for caller in NAMELESS {
        walk.step("UpdatePerson", "wrong token", call_as(caller, request("u", "q@one.example")).await, "TOKEN_INCOMPLETE");
    }
    let mut stale = request("update", "q@one.example");
    stale.person.as_mut().unwrap().etag = "v9".to_owned();
    walk.step("UpdatePerson", "stale etag", call(stale).await, "ETAG_STALE");
    recorded(fixture, ONE, "taken@one.example", 100_005).await;
    walk.step("UpdatePerson", "wrong state", call(request("update", "taken@one.example")).await, "PERSON_EXISTS");
    walk.repeat("UpdatePerson", events, 1, call, ["q@one.example", "r@one.example"].map(|it| request("update", it))).await;
}

async fn move_person(fixture: &Fixture, walk: &mut Walk, person: &pb::Person) {
    let events = async || fixture.events().await.len();
    let call_as = async |caller, request| fixture.persons_as(caller).move_person(request).await;
    let call = async |request| call_as("school:schools/100003", request).await;
    let request = |request_id: &str, urn: i32, day: &str| pb::MovePersonRequest {
        request_id: request_id.to_owned(),
        name: person.name.clone(),
        school: format!("schools/{urn}"),
        start_date: day.to_owned(),
    };
    let all = ["request_id", "name", "school", "start_date"];
    walk.wrong("MovePerson", call(pb::MovePersonRequest::default()).await, &all);
    walk.wrong("MovePerson", call(request("move", 100_003, "soon")).await, &["start_date"]);
    for (case, caller) in OTHERS {
        walk.step("MovePerson", case, call_as(caller, request("m", 100_003, "2018-09-01")).await, "NOT_FOUND");
    }
    for caller in NAMELESS {
        walk.step("MovePerson", "wrong token", call_as(caller, request("m", 100_003, "2018-09-01")).await, "TOKEN_INCOMPLETE");
    }
    let nobody = pb::MovePersonRequest { name: NOBODY.to_owned(), ..request("m", 100_003, "2018-09-01") };
    walk.step("MovePerson", "wrong state", call(nobody).await, "NOT_FOUND");
    walk.step("MovePerson", "wrong state", call_as(ONE, request("m", 100_999, "2018-09-01")).await, "NOT_FOUND");
    let pair = ["2018-09-01", "2018-09-02"].map(|day| request("move", 100_003, day));
    walk.repeat("MovePerson", events, 1, call, pair).await;
    let conflict = call_as("school:schools/100004", request("m", 100_004, "2018-09-01")).await;
    walk.step("MovePerson", "wrong state", conflict, "EMPLOYMENT_CONFLICT");
    // Two reports of 100 are there.
    for number in 0..98 {
        let day = format!("2017-{:02}-{:02}", number / 28 + 1, number % 28 + 1);
        call_as("ncetm", request(&fresh(), 100_010 + number % 2, &day)).await.unwrap();
    }
    walk.step("MovePerson", "wrong state", call(request("m", 100_003, "2019-09-01")).await, "EMPLOYMENTS_TOO_MANY");
}

async fn merge(fixture: &Fixture, walk: &mut Walk, full: &pb::Person) {
    let events = async || fixture.events().await.len();
    let call = async |request| -> Result<Response<pb::MergePersonsResponse>, Status> {
        fixture.persons_as("ncetm").merge_persons(request).await
    };
    let request = |request_id: &str, name: &str, other: &str| pb::MergePersonsRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        other_person: other.to_owned(),
    };
    let all = ["request_id", "name", "other_person"];
    walk.wrong("MergePersons", call(pb::MergePersonsRequest::default()).await, &all);
    let stays = recorded(fixture, "school:schools/100006", "same@one.example", 100_006).await;
    let other = recorded(fixture, "hub_lead:hubs/two", "same@one.example", 100_007).await;
    for (name, other) in [(NOBODY, stays.name.as_str()), (stays.name.as_str(), NOBODY)] {
        walk.step("MergePersons", "wrong state", call(request("m", name, other)).await, "NOT_FOUND");
    }
    walk.step("MergePersons", "wrong state", call(request("m", &stays.name, &stays.name)).await, "PERSONS_SAME");
    let elsewhere = pb::MovePersonRequest {
        request_id: fresh(),
        name: other.name.clone(),
        school: "schools/100008".to_owned(),
        start_date: "2016-09-01".to_owned(),
    };
    fixture.persons_as("ncetm").move_person(elsewhere).await.unwrap();
    walk.step("MergePersons", "wrong state", call(request("m", &full.name, &other.name)).await, "EMPLOYMENTS_TOO_MANY");
    let pair = [request("merge", &stays.name, &other.name), request("merge", &other.name, &stays.name)];
    walk.repeat("MergePersons", events, 1, call, pair).await;
    walk.step("MergePersons", "wrong state", call(request("m", &other.name, &stays.name)).await, "PERSONS_SAME");
    let update = pb::UpdatePersonRequest { request_id: fresh(), person: Some(other), details: details("q@two.example") };
    let refused = fixture.persons_as("hub_lead:hubs/two").update_person(update).await;
    walk.step("UpdatePerson", "wrong state", refused, "PERSON_MERGED");
}

async fn erase(fixture: &Fixture, walk: &mut Walk, person: &pb::Person) {
    let events = async || fixture.events().await.len();
    let call_as = async |caller, request| fixture.persons_as(caller).erase_person(request).await;
    let call = async |request| call_as(ONE, request).await;
    let request =
        |request_id: &str, name: &str| pb::ErasePersonRequest { request_id: request_id.to_owned(), name: name.to_owned() };
    walk.wrong("ErasePerson", call(pb::ErasePersonRequest::default()).await, &["request_id", "name"]);
    walk.step("ErasePerson", "wrong state", call(request("e", NOBODY)).await, "NOT_FOUND");
    for (case, caller) in OTHERS {
        walk.step("ErasePerson", case, call_as(caller, request("e", &person.name)).await, "NOT_FOUND");
    }
    for caller in NAMELESS {
        walk.step("ErasePerson", "wrong token", call_as(caller, request("e", &person.name)).await, "TOKEN_INCOMPLETE");
    }
    walk.repeat("ErasePerson", events, 1, call, [request("erase", &person.name), request("erase", NOBODY)]).await;
    walk.step("ErasePerson", "wrong state", call(request("e", &person.name)).await, "PERSON_ERASED");
}
