//! The lead participants of school 100001, in July 2019.

use proto::enrolment::v1 as pb;
use server::testing::{Cases, Walk};

use super::{OF_SCHOOLS, target};
use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("SetLeadParticipants", OF_SCHOOLS),
    ("ListLeadParticipants", &["wrong field", "not found", "wrong hub", "wrong school", "wrong token"]),
];

pub(super) async fn walk(fixture: &Fixture, walk: &mut Walk, place: &str) {
    for (person, urn) in [("ann", 100_001), ("bob", 100_001), ("cat", 100_001), ("eve", 100_002)] {
        fixture::person(fixture.pool(), person, urn).await;
    }
    let events = async || fixture.events().await.len();
    let call_as = async |voice: &Client, request| voice.participations.clone().set_lead_participants(request).await;
    let north = fixture.hub_lead(NORTH);
    let call = async |request| call_as(&north, request).await;
    let request = |name: &str, persons: &[&str], date: &str| pb::SetLeadParticipantsRequest {
        request_id: "leads".to_owned(),
        name: name.to_owned(),
        persons: persons.iter().map(|person| format!("persons/{person}")).collect(),
        start_date: date.to_owned(),
    };
    walk.wrong(
        "SetLeadParticipants",
        call(pb::SetLeadParticipantsRequest::default()).await,
        &["request_id", "name", "start_date"],
    );
    walk.wrong("SetLeadParticipants", call(request(place, &["Ann"], "2019-06-03")).await, &["persons[0]"]);
    walk.wrong("SetLeadParticipants", call(request(place, &["ann", "ann"], "2019-06-03")).await, &["persons[1]"]);
    walk.wrong("SetLeadParticipants", call(request(place, &["ann"; 11], "2019-06-03")).await, &["persons"]);
    let by_name = async |voice: &Client, name: &str| call_as(voice, request(name, &["ann"], "2019-06-03")).await;
    target(fixture, walk, "SetLeadParticipants", [place, "participations"], true, by_name).await;
    walk.step("SetLeadParticipants", "not found", call(request(place, &["nobody"], "2019-06-03")).await, "NOT_FOUND");
    let many = call(request(place, &["ann", "bob", "cat"], "2019-06-03")).await;
    walk.step("SetLeadParticipants", "wrong state", many, "LEAD_PARTICIPANTS_TOO_MANY");
    let stranger = call(request(place, &["eve"], "2019-06-03")).await;
    walk.step("SetLeadParticipants", "wrong state", stranger, "LEAD_PARTICIPANT_ELSEWHERE");
    let pair = [&["ann", "bob"][..], &["ann"]].map(|persons| request(place, persons, "2019-06-03"));
    walk.repeat("SetLeadParticipants", events, 1, call, pair).await;
    let early = pb::SetLeadParticipantsRequest { request_id: "early".to_owned(), ..request(place, &[], "2019-06-03") };
    walk.step("SetLeadParticipants", "wrong state", call(early).await, "DATE_BEFORE_LAST");

    let list = async |voice: &Client, name: &str| {
        let request = pb::ListLeadParticipantsRequest { parent: name.to_owned(), ..Default::default() };
        voice.participations.clone().list_lead_participants(request).await
    };
    let wrong = pb::ListLeadParticipantsRequest { page_size: -1, page_token: "x".to_owned(), parent: "p".to_owned() };
    let answer = north.participations.clone().list_lead_participants(wrong).await;
    walk.wrong("ListLeadParticipants", answer, &["parent", "page_size", "page_token"]);
    walk.step("ListLeadParticipants", "not found", list(&north, "participations/none").await, "NOT_FOUND");
    walk.step("ListLeadParticipants", "wrong hub", list(&fixture.hub_lead(SOUTH), place).await, "NOT_FOUND");
    walk.step("ListLeadParticipants", "wrong school", list(&fixture.school(100_600), place).await, "NOT_FOUND");
    let nameless = fixture.client(access::Role::School, None, None);
    walk.step("ListLeadParticipants", "wrong token", list(&nameless, place).await, "TOKEN_INCOMPLETE");
    // Ann stays, Cat takes Bob's place, and the history is readable by the school.
    call(pb::SetLeadParticipantsRequest { request_id: "next".to_owned(), ..request(place, &["ann", "cat"], "2019-07-01") })
        .await
        .unwrap();
    let history = list(&fixture.school(100_001), place).await.unwrap().into_inner().lead_participants;
    let history: Vec<_> =
        history.iter().map(|lead| (lead.person.as_str(), lead.start_date.as_str(), lead.end_date.as_str())).collect();
    let expected =
        [("persons/ann", "2019-06-03", ""), ("persons/bob", "2019-06-03", "2019-06-30"), ("persons/cat", "2019-07-01", "")];
    assert_eq!(history, expected);
}
