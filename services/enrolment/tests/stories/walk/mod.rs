//! A walk through every RPC: with a wrong field, in a wrong state, by a wrong hub or school, with a stale etag, and with a repeated
//! request_id.
mod applications;
mod history;
mod leads;
mod participations;
mod rounds;
mod work_groups;

use crate::fixture::*;
use access::Role::{Dfe, HubLead, School};
use enrolment::DESCRIPTOR;
use proto::{
    enrolment::v1::PlaceOrder,
    feed::v1::{Earliest, ReadRequest, read_request::From},
};
use server::testing::{Cases, Walk};
use tonic::Status;

/// The feed.
const CASES: &[Cases] = &[("Read", &["wrong field", "wrong state"])];
const OF_HUBS: &[&str] = &["wrong field", "wrong state", "not found", "wrong hub", "wrong token", "repeated", "another body"];
const OF_SCHOOLS: &[&str] =
    &["wrong field", "wrong state", "not found", "wrong hub", "wrong school", "wrong token", "repeated", "another body"];
const SUBMISSION: &[&str] = &[
    "wrong field",
    "wrong state",
    "not found",
    "wrong hub",
    "wrong school",
    "wrong token",
    "stale etag",
    "repeated",
    "another body",
];

#[tokio::test]
async fn every_rpc_fails_in_each_case_with_its_reason() {
    for database in db::testing::databases().await {
        let mut walk = Walk::default();
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 3).await;
        rounds::walk(&fixture, &mut walk).await;
        applications::walk(&fixture, &mut walk).await;
        participations::walk(&fixture, &mut walk).await;
        history::walk(&fixture, &mut walk).await;
        work_groups::walk(&mut walk).await;
        feed(&fixture, &mut walk).await;
        // `meetings` walks those of meetings.
        let own: Vec<_> = DESCRIPTOR.grpc_services.iter().copied().filter(|service| !service.contains(".meeting.")).collect();
        walk.is_whole(
            &[rounds::CASES, applications::CASES, participations::CASES, history::CASES, work_groups::CASES, leads::CASES, CASES],
            &own,
        );
        walk.has_met_all_of(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    }
}

/// The cases of a call on one resource: a wrong name, a missing resource, and a resource of another hub or school, which does not exist for the caller.
/// `schools` is true when schools may call it.
async fn target<T>(
    fixture: &Fixture,
    walk: &mut Walk,
    rpc: &'static str,
    [name, collection]: [&str; 2],
    schools: bool,
    call: impl AsyncFn(&Client, &str) -> Result<T, Status>,
) {
    let ncetm = fixture.ncetm();
    for wrong in ["", ROUND, name.trim_start_matches("rounds/"), &format!("{collection}/"), &format!("{collection}/A")] {
        if wrong != name {
            walk.wrong(rpc, call(&ncetm, wrong).await, &["name"]);
        }
    }
    walk.step(rpc, "not found", call(&ncetm, &format!("{collection}/none")).await, "NOT_FOUND");
    walk.step(rpc, "wrong hub", call(&fixture.hub_lead(SOUTH), name).await, "NOT_FOUND");
    walk.step(rpc, "wrong token", call(&fixture.client(HubLead, None, None), name).await, "TOKEN_INCOMPLETE");
    walk.step(rpc, "wrong token", call(&fixture.client(HubLead, Some("north"), None), name).await, "TOKEN_INCOMPLETE");
    if schools {
        walk.step(rpc, "wrong school", call(&fixture.school(100_600), name).await, "NOT_FOUND");
        walk.step(rpc, "wrong token", call(&fixture.client(School, None, None), name).await, "TOKEN_INCOMPLETE");
    }
}

async fn feed(fixture: &Fixture, walk: &mut Walk) {
    let dfe = fixture.client(Dfe, None, None);
    let read = async |request| dfe.feed.clone().read(request).await;
    let from = |from| ReadRequest { from, limit: 0, stop_at_head: true };
    walk.wrong("Read", read(from(None)).await, &["from"]);
    let negative = ReadRequest { limit: -1, ..from(Some(From::Earliest(Earliest {}))) };
    walk.wrong("Read", read(negative).await, &["limit"]);
    let after = |cursor: &str| from(Some(From::Cursor(cursor.to_owned())));
    walk.wrong("Read", read(after("")).await, &["cursor"]);
    for cursor in ["nonsense", "1.another.1.0192"] {
        walk.step("Read", "wrong state", read(after(cursor)).await, "CURSOR_UNKNOWN");
    }
}
