//! A walk through every RPC: with a wrong field, in a wrong state, by a wrong hub, with a stale etag, and with a repeated request_id.

mod appointments;
mod catalogue;
mod councils;
mod hubs;
mod persons;
mod publications;
mod registers;

use network::DESCRIPTOR;
use proto::feed::v1::{Earliest, ReadRequest, read_request::From};
use server::testing::{Cases, Walk};

use crate::fixture::*;

/// The feed.
const CASES: &[Cases] = &[("Read", &["wrong field", "wrong state"])];

#[tokio::test]
async fn every_rpc_refuses_wrong_requests_with_the_right_reason() {
    on_each(|fixture| async move {
        let mut walk = Walk::default();
        registers::walk(&fixture, &mut walk).await;
        hubs::walk(&fixture, &mut walk).await;
        persons::walk(&fixture, &mut walk).await;
        appointments::walk(&fixture, &mut walk).await;
        councils::walk(&fixture, &mut walk).await;
        hubs::move_schools(&fixture, &mut walk).await;
        catalogue::walk(&fixture, &mut walk).await;
        publications::walk(&fixture, &mut walk).await;
        feed(&fixture, &mut walk).await;
        let cases = [
            registers::CASES,
            hubs::CASES,
            persons::CASES,
            appointments::CASES,
            councils::CASES,
            catalogue::CASES,
            publications::CASES,
            CASES,
        ];
        walk.is_whole(&cases, DESCRIPTOR.grpc_services);
        walk.has_met_all_of(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    })
    .await;
}

async fn feed(fixture: &Fixture, walk: &mut Walk) {
    let read = async |request| fixture.feed_as("dfe").read(request).await;
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
