//! EntitlementService. 100001 and 100002 are payable, 100003 is committed; at the end the first is kept, and the second is paid to a trust.

use proto::{
    funding::v1::{self as pb, DecisionOutcome::*, PayeeKind},
    network::v1::LinkKind,
};
use server::testing::Walk;

use super::{nameless, no_names};
use crate::stage::*;

pub(super) async fn walk(stage: &Stage, walk: &mut Walk) {
    read(stage, walk).await;
    decide(stage, walk).await;
    pay_to(stage, walk).await;
}

async fn read(stage: &Stage, walk: &mut Walk) {
    let ncetm = stage.ncetm();
    let get = async |voice: &Voice, name: &str| {
        voice.entitlements.clone().get_entitlement(pb::GetEntitlementRequest { name: name.to_owned() }).await
    };
    let name = "entitlements/p100001";
    for wrong in no_names("entitlements") {
        walk.wrong("GetEntitlement", get(&ncetm, &wrong).await, &["name"]);
    }
    walk.step("GetEntitlement", "wrong state", get(&ncetm, "entitlements/none").await, "NOT_FOUND");

    let list = async |voice: &Voice, request| voice.entitlements.clone().list_entitlements(request).await;
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
    for (voice, count) in [(stage.hub_lead(NORTH), 3), (stage.school(100_001), 1)] {
        assert_eq!(list(&voice, north()).await.unwrap().get_ref().entitlements.len(), count);
    }
    for (case, voice) in [("wrong hub", stage.hub_lead(SOUTH)), ("wrong school", stage.school(100_009))] {
        walk.step("GetEntitlement", case, get(&voice, name).await, "NOT_FOUND");
        for request in [north(), pb::ListEntitlementsRequest::default()] {
            let foreign = list(&voice, request).await;
            assert_eq!(foreign.as_ref().unwrap().get_ref().entitlements, [], "another's are not there");
            walk.step("ListEntitlements", case, foreign, "OK");
        }
    }
    for nobody in nameless(stage) {
        walk.step("GetEntitlement", "wrong token", get(&nobody, name).await, "TOKEN_INCOMPLETE");
        walk.step("ListEntitlements", "wrong token", list(&nobody, north()).await, "TOKEN_INCOMPLETE");
    }
}

async fn decide(stage: &Stage, walk: &mut Walk) {
    let (ncetm, events) = (stage.ncetm(), async || stage.events_count().await);
    let call = async |request| ncetm.entitlements.clone().decide_entitlement(request).await;
    let stands = ncetm.entitlement(100_001).await.unwrap();
    let request = |name: &str, etag: &str, outcome: i32, reason: &str| pb::DecideEntitlementRequest {
        request_id: "decide".to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        outcome,
        reason: reason.to_owned(),
        validate_only: false,
    };
    let keep = |etag: &str| request(&stands.name, etag, Keep.into(), "Looked at");
    let all = ["request_id", "name", "outcome", "reason"];
    walk.wrong("DecideEntitlement", call(pb::DecideEntitlementRequest::default()).await, &all);
    for name in no_names("entitlements") {
        walk.wrong("DecideEntitlement", call(request(&name, "v1", Keep.into(), "Looked at")).await, &["name"]);
    }
    for outcome in [0, 99] {
        walk.wrong("DecideEntitlement", call(request(&stands.name, "v1", outcome, "Looked at")).await, &["outcome"]);
    }
    for reason in [String::new(), "x".repeat(501)] {
        walk.wrong("DecideEntitlement", call(request(&stands.name, "v1", Keep.into(), &reason)).await, &["reason"]);
    }
    let none = request("entitlements/none", "v1", Keep.into(), "Looked at");
    walk.step("DecideEntitlement", "wrong state", call(none).await, "NOT_FOUND");
    walk.step("DecideEntitlement", "wrong state", call(keep(&stands.etag)).await, "REVIEW_NOT_DUE");
    stage.link(&[(100_001, 100_003, LinkKind::PredecessorMerged, "2018-07-01")]).await;
    for etag in [&stands.etag, "", "v99"] {
        walk.step("DecideEntitlement", "stale etag", call(keep(etag)).await, "ETAG_STALE");
    }
    let flagged = ncetm.entitlement(100_001).await.unwrap();
    let bodies = [keep(&flagged.etag), request(&stands.name, &flagged.etag, Release.into(), "Looked at")];
    walk.repeat("DecideEntitlement", events, 1, call, bodies).await;
}

async fn pay_to(stage: &Stage, walk: &mut Walk) {
    let (ncetm, events) = (stage.ncetm(), async || stage.events_count().await);
    let call = async |request| ncetm.entitlements.clone().set_payee(request).await;
    let stands = ncetm.entitlement(100_002).await.unwrap();
    let request = |name: &str, etag: &str, kind: i32, reference: &str| pb::SetPayeeRequest {
        request_id: "payee".to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        payee: Some(pb::Payee { kind, reference: reference.to_owned() }),
    };
    let trust = |etag: &str, reference: &str| request(&stands.name, etag, PayeeKind::Trust.into(), reference);
    walk.wrong("SetPayee", call(pb::SetPayeeRequest::default()).await, &["request_id", "name", "payee.kind"]);
    for name in no_names("entitlements") {
        walk.wrong("SetPayee", call(request(&name, "v1", PayeeKind::Trust.into(), "TR1")).await, &["name"]);
    }
    for kind in [0, 99] {
        walk.wrong("SetPayee", call(request(&stands.name, &stands.etag, kind, "TR1")).await, &["payee.kind"]);
    }
    use PayeeKind::{Authority, School, Trust};
    for (kind, reference) in [
        (School, "TR1"),
        (School, "schools/1"),
        (School, "schools/199999"),
        (Trust, ""),
        (Trust, "x".repeat(41).as_str()),
        (Authority, "=SUM(A1)\n"),
    ] {
        let wrong = request(&stands.name, &stands.etag, kind.into(), reference);
        walk.wrong("SetPayee", call(wrong).await, &["payee.reference"]);
    }
    let none = request("entitlements/none", "v1", Trust.into(), "TR1");
    walk.step("SetPayee", "wrong state", call(none).await, "NOT_FOUND");
    walk.step("SetPayee", "stale etag", call(trust("v99", "TR1")).await, "ETAG_STALE");
    walk.repeat("SetPayee", events, 1, call, [trust(&stands.etag, "TR1"), trust(&stands.etag, "TR2")]).await;
}
