//! EntitlementService. Before: 100001 and 100002 are payable, 100003 is committed. After: 100001 is kept, and the payee of 100002 is a trust.

use proto::{
    funding::v1::{self as pb, DecisionOutcome::*, PayeeKind},
    network::v1::LinkKind,
};
use server::testing::{Cases, Walk};

use super::{incomplete_tokens, invalid_names};
use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("GetEntitlement", &["wrong field", "wrong state", "wrong hub", "wrong school", "wrong token"]),
    ("ListEntitlements", &["wrong field", "wrong hub", "wrong school", "wrong token"]),
    ("DecideEntitlement", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("SetPayee", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
];

pub(super) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    read(fixture, walk).await;
    decide(fixture, walk).await;
    pay_to(fixture, walk).await;
}

async fn read(fixture: &Fixture, walk: &mut Walk) {
    let ncetm = fixture.ncetm();
    let get = async |client: &Client, name: &str| {
        client.entitlements.clone().get_entitlement(pb::GetEntitlementRequest { name: name.to_owned() }).await
    };
    let name = "entitlements/p100001";
    for wrong in invalid_names("entitlements") {
        walk.wrong("GetEntitlement", get(&ncetm, &wrong).await, &["name"]);
    }
    walk.step("GetEntitlement", "wrong state", get(&ncetm, "entitlements/none").await, "NOT_FOUND");

    let list = async |client: &Client, request| client.entitlements.clone().list_entitlements(request).await;
    let wrong = pb::ListEntitlementsRequest {
        page_size: -1,
        page_token: "x".to_owned(),
        hub: "north".to_owned(),
        school: "100001".to_owned(),
        state: 99,
        batch: "batch".to_owned(),
        financial_year: "2018".to_owned(),
        review: 99,
    };
    let fields = ["hub", "school", "batch", "financial_year", "state", "review", "page_size", "page_token"];
    walk.wrong("ListEntitlements", list(&ncetm, wrong).await, &fields);
    let north = || pb::ListEntitlementsRequest { hub: NORTH.to_owned(), ..pb::ListEntitlementsRequest::default() };
    for (client, count) in [(fixture.hub_lead(NORTH), 3), (fixture.school(100_001), 1)] {
        assert_eq!(list(&client, north()).await.unwrap().get_ref().entitlements.len(), count);
    }
    for (case, client) in [("wrong hub", fixture.hub_lead(SOUTH)), ("wrong school", fixture.school(100_009))] {
        walk.step("GetEntitlement", case, get(&client, name).await, "NOT_FOUND");
        for request in [north(), pb::ListEntitlementsRequest::default()] {
            let foreign = list(&client, request).await;
            assert_eq!(foreign.as_ref().unwrap().get_ref().entitlements, [], "entitlements of others are hidden");
            walk.step("ListEntitlements", case, foreign, "OK");
        }
    }
    for client in incomplete_tokens(fixture) {
        walk.step("GetEntitlement", "wrong token", get(&client, name).await, "TOKEN_INCOMPLETE");
        walk.step("ListEntitlements", "wrong token", list(&client, north()).await, "TOKEN_INCOMPLETE");
    }
}

async fn decide(fixture: &Fixture, walk: &mut Walk) {
    let (ncetm, events) = (fixture.ncetm(), async || fixture.events_count().await);
    let call = async |request| ncetm.entitlements.clone().decide_entitlement(request).await;
    let entitlement = ncetm.entitlement(100_001).await.unwrap();
    let request = |name: &str, etag: &str, outcome: i32, reason: &str| pb::DecideEntitlementRequest {
        request_id: "decide".to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        outcome,
        reason: reason.to_owned(),
        validate_only: false,
    };
    let keep = |etag: &str| request(&entitlement.name, etag, Keep.into(), "Decided");
    let all = ["request_id", "name", "etag", "outcome", "reason"];
    walk.wrong("DecideEntitlement", call(pb::DecideEntitlementRequest::default()).await, &all);
    for name in invalid_names("entitlements") {
        walk.wrong("DecideEntitlement", call(request(&name, "v1", Keep.into(), "Decided")).await, &["name"]);
    }
    for outcome in [0, 99] {
        walk.wrong("DecideEntitlement", call(request(&entitlement.name, "v1", outcome, "Decided")).await, &["outcome"]);
    }
    for reason in [String::new(), "x".repeat(501)] {
        walk.wrong("DecideEntitlement", call(request(&entitlement.name, "v1", Keep.into(), &reason)).await, &["reason"]);
    }
    let none = request("entitlements/none", "v1", Keep.into(), "Decided");
    walk.step("DecideEntitlement", "wrong state", call(none).await, "NOT_FOUND");
    walk.step("DecideEntitlement", "wrong state", call(keep(&entitlement.etag)).await, "REVIEW_NOT_DUE");
    fixture.import_links(&[(100_001, 100_003, LinkKind::PredecessorMerged, "2018-07-01")]).await;
    walk.wrong("DecideEntitlement", call(keep("")).await, &["etag"]);
    for etag in [&entitlement.etag, "v99"] {
        walk.step("DecideEntitlement", "stale etag", call(keep(etag)).await, "ETAG_STALE");
    }
    let flagged = ncetm.entitlement(100_001).await.unwrap();
    let bodies = [keep(&flagged.etag), request(&entitlement.name, &flagged.etag, Release.into(), "Decided")];
    walk.repeat("DecideEntitlement", events, 1, call, bodies).await;
}

async fn pay_to(fixture: &Fixture, walk: &mut Walk) {
    let (ncetm, events) = (fixture.ncetm(), async || fixture.events_count().await);
    let call = async |request| ncetm.entitlements.clone().set_payee(request).await;
    let entitlement = ncetm.entitlement(100_002).await.unwrap();
    let request = |name: &str, etag: &str, kind: i32, reference: &str| pb::SetPayeeRequest {
        request_id: "payee".to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        payee: Some(pb::Payee { kind, reference: reference.to_owned() }),
    };
    let trust = |etag: &str, reference: &str| request(&entitlement.name, etag, PayeeKind::Trust.into(), reference);
    walk.wrong("SetPayee", call(pb::SetPayeeRequest::default()).await, &["request_id", "name", "etag", "payee.kind"]);
    for name in invalid_names("entitlements") {
        walk.wrong("SetPayee", call(request(&name, "v1", PayeeKind::Trust.into(), "TR1")).await, &["name"]);
    }
    for kind in [0, 99] {
        walk.wrong("SetPayee", call(request(&entitlement.name, &entitlement.etag, kind, "TR1")).await, &["payee.kind"]);
    }
    use PayeeKind::{Authority, School, Trust};
    for (kind, reference) in [
        (School, "TR1"),
        (School, "schools/1"),
        (School, "schools/199999"),
        (Trust, ""),
        (Trust, "x".repeat(41).as_str()),
        (Authority, "=SUM(A1)"),
        (Authority, "A\n"),
    ] {
        let wrong = request(&entitlement.name, &entitlement.etag, kind.into(), reference);
        walk.wrong("SetPayee", call(wrong).await, &["payee.reference"]);
    }
    let none = request("entitlements/none", "v1", Trust.into(), "TR1");
    walk.step("SetPayee", "wrong state", call(none).await, "NOT_FOUND");
    walk.step("SetPayee", "stale etag", call(trust("v99", "TR1")).await, "ETAG_STALE");
    // The event of the proposal.
    let bodies = [trust(&entitlement.etag, "TR1"), trust(&entitlement.etag, "TR2")];
    let proposed = walk.repeat("SetPayee", events, 1, call, bodies).await;
    let other = ncetm.set_payee(pb::SetPayeeRequest { request_id: ncetm.request_id(), ..trust(&entitlement.etag, "TR3") }).await;
    assert_eq!(other.unwrap().payee.unwrap().reference, "TR3");
    let stale = fixture.confirmed::<pb::SetPayeeResponse>(&proposed.pending_change).await;
    walk.step("SetPayee", "stale etag", stale, "ETAG_STALE");
}
