//! A walk through every RPC: with a wrong field, in a wrong state, by a wrong role or hub, with a stale etag, and with a repeated request_id.

mod hubs;
mod publications;
mod registers;

use access::Role;
use network::{POLICIES, ROLE_METHOD, SERVICES};
use proto::feed::v1::{Earliest, ReadRequest, read_request::From};
use server::testing::{Cases, Walk};

use crate::setting::*;

/// Every RPC with the cases that it has.
const CASES: [Cases; 18] = [
    ("ImportRegister", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("GetRegister", &["wrong field", "wrong state"]),
    ("GetSchool", &["wrong field", "wrong state"]),
    ("ListSchools", &["wrong field", "wrong state"]),
    ("GetLineage", &["wrong field", "wrong state"]),
    ("CreateHub", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("GetHub", &["wrong field", "wrong state"]),
    ("ListHubs", &["wrong field"]),
    ("UpdateHub", &["wrong field", "wrong state", "wrong role", "stale etag", "repeated", "another body"]),
    ("ChooseHub", &["wrong field", "wrong state", "wrong role", "wrong hub", "wrong token", "repeated", "another body"]),
    ("ListHubChoices", &["wrong field", "wrong hub", "wrong school", "wrong token"]),
    ("PublishReach", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("ApproveReach", &["wrong field", "wrong state", "wrong role", "stale etag", "repeated", "another body"]),
    ("GetReachPublication", &["wrong field", "wrong state", "wrong role"]),
    ("ListReachPublications", &["wrong field", "wrong role"]),
    ("ListReachFigures", &["wrong field", "wrong state", "wrong role"]),
    ("ListColdAreas", &["wrong field", "wrong state", "wrong role"]),
    ("Read", &["wrong field", "wrong state", "wrong role"]),
];

/// Wrong roles, as the gate before the service decides.
fn roles(walk: &mut Walk) {
    let served = network::methods();
    let others = [Role::Dfe, Role::HubLead, Role::School];
    let council = [Role::Dfe, Role::HubLead, Role::School, Role::Service];
    let wrong: [(&'static str, &[Role]); 18] = [
        ("ImportRegister", &others),
        ("GetRegister", &[]),
        ("GetSchool", &[]),
        ("ListSchools", &[]),
        ("GetLineage", &[]),
        ("CreateHub", &council),
        ("GetHub", &[]),
        ("ListHubs", &[]),
        ("UpdateHub", &council),
        ("ChooseHub", &[Role::Dfe, Role::School, Role::Service]),
        ("ListHubChoices", &[]),
        ("PublishReach", &others),
        ("ApproveReach", &[Role::HubLead, Role::School, Role::Service]),
        ("GetReachPublication", &[Role::School]),
        ("ListReachPublications", &[Role::School]),
        ("ListReachFigures", &[Role::School]),
        ("ListColdAreas", &[Role::School]),
        ("Read", &[Role::HubLead, Role::School]),
    ];
    walk.roles(POLICIES, ROLE_METHOD, &served, &wrong);
}

#[tokio::test]
async fn every_rpc_refuses_what_it_should_with_its_reason() {
    on_each(|setting| async move {
        let mut walk = Walk::default();
        roles(&mut walk);
        registers::walk(&setting, &mut walk).await;
        hubs::walk(&setting, &mut walk).await;
        publications::walk(&setting, &mut walk).await;
        feed(&setting, &mut walk).await;
        walk.is_whole(&CASES, proto::DESCRIPTORS, &SERVICES);
        walk.has_met_all_of(include_str!("../../../src/api/status.rs"));
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
