//! Calls every RPC in every case: a wrong field, a wrong state, a wrong hub or school, a stale etag, a repeated request_id.

mod cohorts;
mod nominations;

use access::Role::Dfe;
use proto::feed::v1::{Earliest, ReadRequest, read_request::From};
use server::testing::{Cases, Walk};
use specialists::DESCRIPTOR;

use crate::fixture::*;

/// The feed.
const CASES: &[Cases] = &[("Read", &["wrong field", "wrong state"])];
const OF_HUBS: &[&str] = &["wrong field", "wrong state", "not found", "wrong hub", "wrong token", "repeated", "another body"];
const OF_SCHOOLS: &[&str] =
    &["wrong field", "wrong state", "not found", "wrong hub", "wrong school", "wrong token", "repeated", "another body"];

#[tokio::test]
async fn every_rpc_fails_in_each_case_with_its_reason() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        let mut walk = Walk::default();
        cohorts::walk(&fixture, &mut walk).await;
        nominations::walk(&fixture, &mut walk).await;
        feed(&fixture, &mut walk).await;
        walk.is_whole(&[cohorts::CASES, nominations::CASES, CASES], DESCRIPTOR.grpc_services);
        walk.has_met_all_of(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
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
