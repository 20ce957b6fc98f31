//! NominationService. School 100001 nominates through the north, 100002 and 100003 through the south.

use access::Role;
use proto::specialists::v1::{self as pb, NominationState};
use server::testing::{Cases, Walk};
use tonic::Status;

use super::cohorts;
use super::{OF_HUBS, OF_SCHOOLS};
use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("CreateNomination", OF_SCHOOLS),
    ("GetNomination", &["wrong field", "not found", "wrong hub", "wrong school", "wrong token"]),
    ("ListNominations", &["wrong field", "not found", "wrong hub", "wrong school", "wrong token"]),
    ("WithdrawNomination", OF_SCHOOLS),
    ("RankNominations", &["wrong field", "wrong state", "not found", "repeated", "another body"]),
    ("ListRankings", &["wrong field", "not found"]),
    ("SelectNominations", OF_HUBS),
    ("OverrideNomination", &["wrong field", "wrong state", "not found", "stale etag", "repeated", "another body"]),
];

const COLLECTION: &str = "cohorts/secondary-5/nominations";

pub(crate) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    create(fixture, walk).await;
    let mut all = fixture.ncetm().nominations().await.unwrap();
    all.sort_by(|left, right| left.school.cmp(&right.school));
    read(fixture, walk, &all[0]).await;
    early(fixture, walk, &all[2]).await;
    fixture.clock.move_to(noon(AFTER));
    rank(fixture, walk).await;
    decide(fixture, walk, &all[2].name).await;
    select(fixture, walk).await;
    withdraw(fixture, walk, &all[0].name).await;
}

/// Calls a verb or a read on one nomination: with a wrong name, one that does not exist, and one outside the caller's scope, which is not found. `own`
/// says whether hub leads and schools may call it.
async fn target<T>(
    fixture: &Fixture,
    walk: &mut Walk,
    rpc: &'static str,
    name: &str,
    own: bool,
    call: impl AsyncFn(&Client, &str) -> Result<T, Status>,
) {
    let ncetm = fixture.ncetm();
    for wrong in ["", COHORT, name.trim_start_matches("cohorts/"), &format!("{COLLECTION}/"), &format!("{COLLECTION}/A")] {
        walk.wrong(rpc, call(&ncetm, wrong).await, &["name"]);
    }
    walk.step(rpc, "not found", call(&ncetm, &format!("{COLLECTION}/none")).await, "NOT_FOUND");
    walk.step(rpc, "not found", call(&ncetm, "cohorts/none/nominations/none").await, "NOT_FOUND");
    if own {
        walk.step(rpc, "wrong hub", call(&fixture.hub_lead(SOUTH), name).await, "NOT_FOUND");
        walk.step(rpc, "wrong school", call(&fixture.school(100_600), name).await, "NOT_FOUND");
        for incomplete in [fixture.client(Role::HubLead, None, None), fixture.client(Role::School, None, None)] {
            walk.step(rpc, "wrong token", call(&incomplete, name).await, "TOKEN_INCOMPLETE");
        }
    }
}

async fn create(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let (ncetm, north, south) = (fixture.ncetm(), fixture.hub_lead(NORTH), fixture.hub_lead(SOUTH));
    let call_as = async |client: &Client, request| client.nominations.clone().create_nomination(request).await;
    let call = async |request| call_as(&north, request).await;
    let request = |urn, hub, number| pb::CreateNominationRequest {
        request_id: "nominate".to_owned(),
        ..nomination(COHORT, urn, hub, teacher(number))
    };
    let all = ["request_id", "parent", "nomination.school", "nomination.hub", "nomination.person", "head_teacher_agrees"];
    walk.wrong("CreateNomination", call(pb::CreateNominationRequest::default()).await, &all);
    let person = |person: &str| nomination(COHORT, 100_001, NORTH, person.to_owned());
    let of = |named: &str| pb::CreateNominationRequest { nomination: person(named).nomination, ..request(100_001, NORTH, 1) };
    for number in [1, 2] {
        fixture::person(fixture.pool(), &format!("teacher-{number}"), 100_001).await;
    }
    let without_head = pb::CreateNominationRequest { head_teacher_agrees: false, ..request(100_001, NORTH, 1) };
    let elsewhere = pb::CreateNominationRequest { parent: "secondary-5".to_owned(), ..request(100_001, NORTH, 1) };
    for (wrong, fields) in [
        (request(5, NORTH, 1), &["nomination.school"][..]),
        (request(100_001, "north", 1), &["nomination.hub"]),
        (without_head, &["head_teacher_agrees"]),
        (elsewhere, &["parent"]),
        (of(""), &["nomination.person"]),
        (of("Teacher 1"), &["nomination.person"]),
        (of("persons/A"), &["nomination.person"]),
    ] {
        walk.wrong("CreateNomination", call(wrong).await, fields);
    }
    let nowhere = pb::CreateNominationRequest { parent: "cohorts/none".to_owned(), ..request(100_001, NORTH, 1) };
    for none in [request(999_999, NORTH, 1), request(100_001, "hubs/nowhere", 1), nowhere, of("persons/none")] {
        walk.step("CreateNomination", "not found", call_as(&ncetm, none).await, "NOT_FOUND");
    }
    let new = format!("persons/{}", fixture.service.context.ids.next(fixture.clock.now()));
    walk.step("CreateNomination", "wrong state", call(of(&new)).await, "TRY_AGAIN");
    fixture.sql("INSERT INTO person VALUES ('erased', 'erased', TRUE)").await;
    walk.step("CreateNomination", "wrong state", call(of("persons/erased")).await, "PERSON_ERASED");
    fixture.sql("INSERT INTO hub (id, end_date) VALUES ('over', '2019-02-14')").await;
    walk.step("CreateNomination", "wrong state", call_as(&ncetm, request(100_001, "hubs/over", 1)).await, "HUB_NOT_OPEN");
    walk.step("CreateNomination", "wrong hub", call(request(100_001, SOUTH, 1)).await, "NOMINATION_NOT_OWN");
    let other_school = call_as(&fixture.school(100_002), request(100_001, NORTH, 1)).await;
    walk.step("CreateNomination", "wrong school", other_school, "NOMINATION_NOT_OWN");
    let incomplete = fixture.client(Role::School, None, None);
    walk.step("CreateNomination", "wrong token", call_as(&incomplete, request(100_001, NORTH, 1)).await, "TOKEN_INCOMPLETE");
    walk.repeat("CreateNomination", events, 1, call, [request(100_001, NORTH, 1), request(100_001, NORTH, 2)]).await;
    let live = north.nominate_as(request(100_002, NORTH, 1)).await;
    walk.step("CreateNomination", "wrong state", live, "NOMINATION_NOT_ELIGIBLE");
    south.nominate_as(request(100_002, SOUTH, 2)).await.unwrap();
    south.nominate_as(request(100_003, SOUTH, 3)).await.unwrap();
}

async fn read(fixture: &Fixture, walk: &mut Walk, first: &pb::Nomination) {
    let get = async |client: &Client, name: &str| client.nomination(name).await;
    target(fixture, walk, "GetNomination", &first.name, true, get).await;
    let (ncetm, south) = (fixture.ncetm(), fixture.hub_lead(SOUTH));
    let list = async |client: &Client, request| client.nominations.clone().list_nominations(request).await;
    let request = |page_size, page_token: &str| pb::ListNominationsRequest {
        parent: COHORT.to_owned(),
        page_size,
        page_token: page_token.to_owned(),
        ..pb::ListNominationsRequest::default()
    };
    let wrong = pb::ListNominationsRequest {
        parent: "secondary-5".to_owned(),
        hub: "north".to_owned(),
        school: "100001".to_owned(),
        state: 99,
        ..request(-1, "x")
    };
    let fields = ["parent", "state", "hub", "school", "page_size", "page_token"];
    walk.wrong("ListNominations", list(&ncetm, wrong).await, &fields);
    let token = list(&ncetm, request(1, "")).await.unwrap().into_inner().next_page_token;
    let north = |page_token: &str| pb::ListNominationsRequest { hub: NORTH.to_owned(), ..request(0, page_token) };
    walk.wrong("ListNominations", list(&ncetm, north(&token)).await, &["page_token"]);
    let nowhere = pb::ListNominationsRequest { parent: "cohorts/none".to_owned(), ..request(0, "") };
    walk.step("ListNominations", "not found", list(&ncetm, nowhere).await, "NOT_FOUND");
    for (case, client) in [("wrong hub", &south), ("wrong school", &fixture.school(100_600))] {
        let answer = list(client, north("")).await;
        assert_eq!(answer.as_ref().unwrap().get_ref().nominations, [], "nominations outside the scope are not listed");
        walk.step("ListNominations", case, answer, "OK");
    }
    let incomplete = fixture.client(Role::HubLead, None, None);
    walk.step("ListNominations", "wrong token", list(&incomplete, north("")).await, "TOKEN_INCOMPLETE");
}

fn selection(hub: &str, selections_count: i32) -> pb::SelectNominationsRequest {
    pb::SelectNominationsRequest {
        request_id: "select".to_owned(),
        parent: COHORT.to_owned(),
        hub: hub.to_owned(),
        selections_count,
        validate_only: false,
    }
}

fn decision(name: &str, etag: &str, reason: &str) -> pb::OverrideNominationRequest {
    pb::OverrideNominationRequest {
        request_id: "decide".to_owned(),
        name: name.to_owned(),
        outcome: NominationState::NotSelected.into(),
        reason: reason.to_owned(),
        etag: etag.to_owned(),
        validate_only: false,
    }
}

/// While schools can still nominate, no outcome can be decided.
async fn early(fixture: &Fixture, walk: &mut Walk, third: &pb::Nomination) {
    let ncetm = fixture.ncetm();
    walk.step("SelectNominations", "wrong state", ncetm.select("", 1).await, "WINDOW_OPEN");
    let call = async |client: &Client, request| client.nominations.clone().override_nomination(request).await;
    let all = ["request_id", "name", "outcome", "reason", "etag"];
    walk.wrong("OverrideNomination", call(&ncetm, pb::OverrideNominationRequest::default()).await, &all);
    let right = || decision(&third.name, &third.etag, "r");
    for (wrong, field) in [
        (pb::OverrideNominationRequest { reason: "x".repeat(501), ..right() }, "reason"),
        (pb::OverrideNominationRequest { etag: String::new(), ..right() }, "etag"),
        (pb::OverrideNominationRequest { outcome: NominationState::Withdrawn.into(), ..right() }, "outcome"),
        (pb::OverrideNominationRequest { outcome: 99, ..right() }, "outcome"),
    ] {
        walk.wrong("OverrideNomination", call(&ncetm, wrong).await, &[field]);
    }
    let by_name = async |client: &Client, name: &str| call(client, decision(name, &third.etag, "r")).await;
    target(fixture, walk, "OverrideNomination", &third.name, false, by_name).await;
    walk.step("OverrideNomination", "wrong state", call(&ncetm, right()).await, "WINDOW_OPEN");
    for etag in ["v7.0", "v1", "x"] {
        walk.step("OverrideNomination", "stale etag", call(&ncetm, decision(&third.name, etag, "r")).await, "ETAG_STALE");
    }
}

async fn rank(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let ncetm = fixture.ncetm();
    walk.step("CreateNomination", "wrong state", ncetm.nominate(100_004, NORTH).await, "WINDOW_CLOSED");
    walk.step("SelectNominations", "wrong state", ncetm.select("", 1).await, "NOMINATIONS_NOT_RANKED");
    let call = async |request| ncetm.nominations.clone().rank_nominations(request).await;
    let request = |parent: &str, validate_only| pb::RankNominationsRequest {
        request_id: "rank".to_owned(),
        parent: parent.to_owned(),
        validate_only,
    };
    walk.wrong("RankNominations", call(pb::RankNominationsRequest::default()).await, &["request_id", "parent"]);
    walk.wrong("RankNominations", call(request("5", false)).await, &["parent"]);
    walk.step("RankNominations", "not found", call(request("cohorts/none", false)).await, "NOT_FOUND");
    fixture.reach("january", noon("2019-01-20"), "2019-01-15", &[Area("800", [20, 9], [200, 90])]).await;
    walk.step("RankNominations", "wrong state", call(request(COHORT, false)).await, "SCORE_WEIGHTS_MISSING");
    cohorts::publish_weights(fixture, walk).await;
    walk.repeat("RankNominations", events, 1, call, [request(COHORT, false), request(COHORT, true)]).await;
    assert_eq!(ncetm.rankings().await.unwrap().len(), 1);
    let list = async |parent: &str, page_size, page_token: &str| {
        let (parent, page_token) = (parent.to_owned(), page_token.to_owned());
        ncetm.nominations.clone().list_rankings(pb::ListRankingsRequest { parent, page_size, page_token }).await
    };
    walk.wrong("ListRankings", list("5", -1, "x").await, &["parent", "page_size", "page_token"]);
    walk.step("ListRankings", "not found", list("cohorts/none", 0, "").await, "NOT_FOUND");
}

async fn decide(fixture: &Fixture, walk: &mut Walk, third: &str) {
    let events = async || fixture.events().await.len();
    let ncetm = fixture.ncetm();
    let call = async |request| ncetm.nominations.clone().override_nomination(request).await;
    let etag = ncetm.nomination(third).await.unwrap().etag;
    let dry_run = pb::OverrideNominationRequest { validate_only: true, ..decision(third, &etag, "one") };
    let decided = walk.repeat("OverrideNomination", events, 1, call, [decision(third, &etag, "one"), dry_run]).await;
    let etag = decided.nomination.unwrap().etag;
    let unchanged = ncetm.decide(third, NominationState::NotSelected, &etag).await;
    walk.step("OverrideNomination", "wrong state", unchanged, "OUTCOME_STANDS");
}

async fn select(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let (ncetm, south) = (fixture.ncetm(), fixture.hub_lead(SOUTH));
    let call_as = async |client: &Client, request| client.nominations.clone().select_nominations(request).await;
    let call = async |request| call_as(&ncetm, request).await;
    let nothing = call(pb::SelectNominationsRequest::default()).await;
    walk.wrong("SelectNominations", nothing, &["request_id", "parent", "selections_count"]);
    walk.wrong("SelectNominations", call(selection("north", 1_001)).await, &["hub", "selections_count"]);
    walk.wrong("SelectNominations", call(selection("", 0)).await, &["selections_count"]);
    for none in
        [selection("hubs/nowhere", 1), pb::SelectNominationsRequest { parent: "cohorts/none".to_owned(), ..selection("", 1) }]
    {
        walk.step("SelectNominations", "not found", call(none).await, "NOT_FOUND");
    }
    for hub in [NORTH, ""] {
        walk.step("SelectNominations", "wrong hub", call_as(&south, selection(hub, 1)).await, "HUB_NOT_OWN");
    }
    let incomplete = fixture.client(Role::HubLead, None, None);
    walk.step("SelectNominations", "wrong token", call_as(&incomplete, selection(NORTH, 1)).await, "TOKEN_INCOMPLETE");
    walk.repeat("SelectNominations", events, 1, call, [selection("", 1), selection("", 2)]).await;
    walk.step("RankNominations", "wrong state", ncetm.rank().await, "SELECTION_BEGUN");
}

async fn withdraw(fixture: &Fixture, walk: &mut Walk, first: &str) {
    let events = async || fixture.events().await.len();
    let north = fixture.hub_lead(NORTH);
    let call_as = async |client: &Client, request| client.nominations.clone().withdraw_nomination(request).await;
    let call = async |request| call_as(&north, request).await;
    let request = |name: &str, reason: &str| pb::WithdrawNominationRequest {
        request_id: "withdraw".to_owned(),
        name: name.to_owned(),
        reason: reason.to_owned(),
    };
    let nothing = call(pb::WithdrawNominationRequest::default()).await;
    walk.wrong("WithdrawNomination", nothing, &["request_id", "name", "reason"]);
    for reason in ["", "a\tb", &"x".repeat(501)] {
        walk.wrong("WithdrawNomination", call(request(first, reason)).await, &["reason"]);
    }
    let by_name = async |client: &Client, name: &str| call_as(client, request(name, "No cover")).await;
    target(fixture, walk, "WithdrawNomination", first, true, by_name).await;
    walk.repeat("WithdrawNomination", events, 1, call, [request(first, "No cover"), request(first, "Another reason")]).await;
    walk.step("WithdrawNomination", "wrong state", north.withdraw(first).await, "STATE_ENDED");
}
