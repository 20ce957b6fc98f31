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

use crate::fixture::*;

/// The feed.
const CASES: &[Cases] = &[("Read", &["wrong field", "wrong state"])];

#[test]
fn no_role_may_both_approve_and_release_a_batch() {
    let authorizer = access::Authorizer::new(access::contracts(), DESCRIPTOR.grpc_services).unwrap();
    let may = |role, rpc: &str| authorizer.allows(role, &format!("mathshubs.funding.v1.PaymentService/{rpc}"));
    assert!(Role::ALL.iter().all(|&role| !(may(role, "ApproveBatch") && may(role, "ReleaseBatch"))));
    assert!(["ApproveBatch", "ReleaseBatch"].iter().all(|rpc| Role::ALL.iter().any(|&role| may(role, rpc))));
}

#[tokio::test]
async fn every_rpc_rejects_wrong_requests_with_its_reasons() {
    for database in databases().await {
        let mut walk = Walk::default();
        let fixture = Fixture::open(&database).await;
        policies::walk(&fixture, &mut walk).await;
        fixture.accept(&[100_001, 100_002, 100_003]).await;
        fixture.prove(&[100_001, 100_002]).await;
        entitlements::walk(&fixture, &mut walk).await;
        payments::walk(&fixture, &mut walk).await;
        ledger::walk(&fixture, &mut walk).await;
        feed(&fixture, &mut walk).await;
        walk.is_whole(&[policies::CASES, entitlements::CASES, payments::CASES, ledger::CASES, CASES], DESCRIPTOR.grpc_services);
        walk.has_met_all_of(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    }
}

/// Names that are invalid in the collection.
fn invalid_names(collection: &str) -> [String; 5] {
    [String::new(), "100001".to_owned(), format!("{collection}/"), format!("{collection}/A"), format!("other{collection}/a")]
}

/// Clients whose tokens name no valid hub or school.
fn incomplete_tokens(fixture: &Fixture) -> [Client; 3] {
    [(HubLead, None, None), (HubLead, Some("north"), None), (School, None, None)]
        .map(|(role, hub, school)| fixture.client(role, "client", hub, school))
}

async fn feed(fixture: &Fixture, walk: &mut Walk) {
    let dfe = fixture.dfe();
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
