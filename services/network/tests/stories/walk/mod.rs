//! A walk through every RPC: with a wrong field, in a wrong state, by a wrong hub, with a stale etag, and with a repeated request_id.

mod hubs;
mod publications;
mod registers;

use network::DESCRIPTOR;
use proto::feed::v1::{Earliest, ReadRequest, read_request::From};
use server::testing::{Cases, Walk};

use crate::setting::*;

/// Every RPC with the cases that it has.
const CASES: [Cases; 18] = [
    ("ImportRegister", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetRegister", &["wrong field", "wrong state"]),
    ("GetSchool", &["wrong field", "wrong state"]),
    ("ListSchools", &["wrong field", "wrong state"]),
    ("GetLineage", &["wrong field", "wrong state"]),
    ("CreateHub", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetHub", &["wrong field", "wrong state"]),
    ("ListHubs", &["wrong field"]),
    ("UpdateHub", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("ChooseHub", &["wrong field", "wrong state", "wrong hub", "wrong token", "repeated", "another body"]),
    ("ListHubChoices", &["wrong field", "wrong hub", "wrong school", "wrong token"]),
    ("PublishReach", &["wrong field", "wrong state", "repeated", "another body"]),
    ("ApproveReach", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("GetReachPublication", &["wrong field", "wrong state"]),
    ("ListReachPublications", &["wrong field"]),
    ("ListReachFigures", &["wrong field", "wrong state"]),
    ("ListColdAreas", &["wrong field", "wrong state"]),
    ("Read", &["wrong field", "wrong state"]),
];

#[tokio::test]
async fn every_rpc_refuses_what_it_should_with_its_reason() {
    on_each(|setting| async move {
        let mut walk = Walk::default();
        registers::walk(&setting, &mut walk).await;
        hubs::walk(&setting, &mut walk).await;
        publications::walk(&setting, &mut walk).await;
        feed(&setting, &mut walk).await;
        walk.is_whole(&[&CASES], DESCRIPTOR.grpc_services);
        walk.has_met_all_of(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    })
    .await;
}

async fn feed(setting: &Setting, walk: &mut Walk) {
    let read = async |request| setting.feed_as("dfe").read(request).await;
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
