//! A walk through every RPC: with a wrong field, in a wrong state, by a wrong hub or school, with a stale etag, and with a repeated request_id.

mod entitlements;
mod ledger;
mod payments;
mod policies;

use access::Role::{self, HubLead, School};
use db::testing::databases;
use funding::DESCRIPTOR;
use proto::feed::v1::{Earliest, ReadRequest, read_request::From};
use server::testing::{Cases, Walk};

use crate::stage::*;

/// Every RPC with the cases that it has.
const CASES: [Cases; 21] = [
    ("CreatePolicy", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetPolicy", &["wrong field", "wrong state"]),
    ("ListPolicies", &["wrong field"]),
    ("AllocateBudget", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetBudget", &["wrong field", "wrong state", "wrong hub", "wrong token"]),
    ("ListBudgets", &["wrong field", "wrong hub", "wrong token"]),
    ("GetEntitlement", &["wrong field", "wrong state", "wrong hub", "wrong school", "wrong token"]),
    ("ListEntitlements", &["wrong field", "wrong hub", "wrong school", "wrong token"]),
    ("DecideEntitlement", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("SetPayee", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("CreateBatch", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetBatch", &["wrong field", "wrong state"]),
    ("ListBatches", &["wrong field"]),
    ("ApproveBatch", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("ReleaseBatch", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("CancelBatch", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("GetAccount", &["wrong field", "wrong state"]),
    ("ListAccounts", &["wrong field"]),
    ("ListTransfers", &["wrong field"]),
    ("ReverseTransfer", &["wrong field", "wrong state", "repeated", "another body"]),
    ("Read", &["wrong field", "wrong state"]),
];

#[test]
fn no_role_may_both_approve_and_release_a_batch() {
    let authorizer = access::Authorizer::new(access::contracts(), DESCRIPTOR.grpc_services).unwrap();
    let may = |role, rpc: &str| authorizer.allows(role, &format!("mathshubs.funding.v1.PaymentService/{rpc}"));
    assert!(Role::ALL.iter().all(|&role| !(may(role, "ApproveBatch") && may(role, "ReleaseBatch"))));
    assert!(["ApproveBatch", "ReleaseBatch"].iter().all(|rpc| Role::ALL.iter().any(|&role| may(role, rpc))));
}

#[tokio::test]
async fn every_rpc_refuses_what_it_should_with_its_reason() {
    for database in databases().await {
        let mut walk = Walk::default();
        let stage = Stage::open(&database).await;
        policies::walk(&stage, &mut walk).await;
        stage.accept(&[100_001, 100_002, 100_003]).await;
        stage.prove(&[100_001, 100_002]).await;
        entitlements::walk(&stage, &mut walk).await;
        payments::walk(&stage, &mut walk).await;
        ledger::walk(&stage, &mut walk).await;
        feed(&stage, &mut walk).await;
        walk.is_whole(&[&CASES], DESCRIPTOR.grpc_services);
        walk.has_met_all_of(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    }
}

/// What is no name of the collection.
fn no_names(collection: &str) -> [String; 5] {
    [String::new(), "100001".to_owned(), format!("{collection}/"), format!("{collection}/A"), format!("other{collection}/a")]
}

/// Callers whose tokens do not say for which hub or school they speak.
fn nameless(stage: &Stage) -> [Voice; 3] {
    [(HubLead, None, None), (HubLead, Some("north"), None), (School, None, None)]
        .map(|(role, hub, school)| stage.voice(role, "nobody", hub, school))
}

async fn feed(stage: &Stage, walk: &mut Walk) {
    let dfe = stage.dfe();
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
