//! A walk through every RPC: with a wrong field, in a wrong state, by a wrong role, hub or school, with a stale etag, and with a repeated request_id.

mod entitlements;
mod ledger;
mod payments;
mod policies;

use access::Role::{self, Dfe, HubLead, Ncetm, School, Service};
use db::testing::databases;
use funding::{POLICIES, ROLE_METHOD, SERVICES};
use proto::feed::v1::{Earliest, ReadRequest, read_request::From};
use server::testing::{Cases, Walk};

use crate::stage::*;

/// Every RPC with the cases that it has.
const CASES: [Cases; 21] = [
    ("CreatePolicy", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("GetPolicy", &["wrong field", "wrong state"]),
    ("ListPolicies", &["wrong field"]),
    ("AllocateBudget", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("GetBudget", &["wrong field", "wrong state", "wrong role", "wrong hub", "wrong token"]),
    ("ListBudgets", &["wrong field", "wrong role", "wrong hub", "wrong token"]),
    ("GetEntitlement", &["wrong field", "wrong state", "wrong hub", "wrong school", "wrong token"]),
    ("ListEntitlements", &["wrong field", "wrong hub", "wrong school", "wrong token"]),
    ("DecideEntitlement", &["wrong field", "wrong state", "wrong role", "stale etag", "repeated", "another body"]),
    ("SetPayee", &["wrong field", "wrong state", "wrong role", "stale etag", "repeated", "another body"]),
    ("CreateBatch", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("GetBatch", &["wrong field", "wrong state", "wrong role"]),
    ("ListBatches", &["wrong field", "wrong role"]),
    ("ApproveBatch", &["wrong field", "wrong state", "wrong role", "stale etag", "repeated", "another body"]),
    ("ReleaseBatch", &["wrong field", "wrong state", "wrong role", "stale etag", "repeated", "another body"]),
    ("CancelBatch", &["wrong field", "wrong state", "wrong role", "stale etag", "repeated", "another body"]),
    ("GetAccount", &["wrong field", "wrong state", "wrong role"]),
    ("ListAccounts", &["wrong field", "wrong role"]),
    ("ListTransfers", &["wrong field", "wrong role"]),
    ("ReverseTransfer", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("Read", &["wrong field", "wrong state", "wrong role"]),
];

/// Who may not call it, of NCETM, the department, hub leads, schools and services.
const ROLES: [(&str, &[Role]); 21] = [
    ("CreatePolicy", &[Dfe, HubLead, School, Service]),
    ("GetPolicy", &[]),
    ("ListPolicies", &[]),
    ("AllocateBudget", &[HubLead, School, Service]),
    ("GetBudget", &[School]),
    ("ListBudgets", &[School]),
    ("GetEntitlement", &[]),
    ("ListEntitlements", &[]),
    ("DecideEntitlement", &[Dfe, HubLead, School, Service]),
    ("SetPayee", &[Dfe, HubLead, School, Service]),
    ("CreateBatch", &[Dfe, HubLead, School, Service]),
    ("GetBatch", &[HubLead, School]),
    ("ListBatches", &[HubLead, School]),
    ("ApproveBatch", &[Dfe, HubLead, School, Service]),
    ("ReleaseBatch", &[Ncetm, HubLead, School, Service]),
    ("CancelBatch", &[Dfe, HubLead, School, Service]),
    ("GetAccount", &[HubLead, School]),
    ("ListAccounts", &[HubLead, School]),
    ("ListTransfers", &[HubLead, School]),
    ("ReverseTransfer", &[Dfe, HubLead, School, Service]),
    ("Read", &[HubLead, School]),
];

/// Wrong roles, as the gate before the service decides. Above all, none may both approve and release.
fn roles(walk: &mut Walk) {
    let served = access::served(proto::DESCRIPTORS, &SERVICES);
    walk.roles(POLICIES, ROLE_METHOD, &served, &ROLES);
    let refused = |rpc| ROLES.into_iter().find(|(name, _)| *name == rpc).unwrap().1;
    assert!(Role::ALL.iter().all(|role| [refused("ApproveBatch"), refused("ReleaseBatch")].iter().any(|no| no.contains(role))));
}

#[tokio::test]
async fn every_rpc_refuses_what_it_should_with_its_reason() {
    for database in databases().await {
        let mut walk = Walk::default();
        roles(&mut walk);
        let stage = Stage::open(&database).await;
        policies::walk(&stage, &mut walk).await;
        stage.accept(&[100_001, 100_002, 100_003]).await;
        stage.prove(&[100_001, 100_002]).await;
        entitlements::walk(&stage, &mut walk).await;
        payments::walk(&stage, &mut walk).await;
        ledger::walk(&stage, &mut walk).await;
        feed(&stage, &mut walk).await;
        walk.is_whole(&CASES, proto::DESCRIPTORS, &SERVICES);
        walk.has_met_all_of(include_str!("../../../src/api/status.rs"));
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
