//! A walk through every RPC: with a wrong field, in a wrong state, by a wrong role, hub or school, with a stale etag, and with a repeated
//! request_id.

mod cohorts;
mod nominations;

use access::Role::{self, Dfe, HubLead, School, Service};
use proto::feed::v1::{Earliest, ReadRequest, read_request::From};
use server::testing::{Cases, Walk};
use specialists::{POLICIES, ROLE_METHOD, SERVICES};

use crate::stage::*;

/// Every RPC with the cases that it has.
const CASES: [Cases; 15] = [
    ("CreateCohort", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("GetCohort", &["wrong field", "not found"]),
    ("ListCohorts", &["wrong field"]),
    ("CreateScoreWeights", &["wrong field", "wrong state", "wrong role", "repeated", "another body"]),
    ("ListScoreWeights", &["wrong field"]),
    ("CreateNomination", OF_SCHOOLS),
    ("GetNomination", &["wrong field", "not found", "wrong hub", "wrong school", "wrong token"]),
    ("ListNominations", &["wrong field", "not found", "wrong hub", "wrong school", "wrong token"]),
    ("WithdrawNomination", OF_SCHOOLS),
    ("RankNominations", &["wrong field", "wrong state", "wrong role", "not found", "repeated", "another body"]),
    ("ListRankings", &["wrong field", "wrong role", "not found"]),
    ("SelectNominations", OF_HUBS),
    ("OverrideNomination", &["wrong field", "wrong state", "wrong role", "not found", "stale etag", "repeated", "another body"]),
    ("GetNominee", &["wrong field", "wrong role", "not found", "wrong hub", "wrong token"]),
    ("Read", &["wrong field", "wrong state", "wrong role"]),
];
const OF_HUBS: &[&str] =
    &["wrong field", "wrong state", "wrong role", "not found", "wrong hub", "wrong token", "repeated", "another body"];
const OF_SCHOOLS: &[&str] = &[
    "wrong field",
    "wrong state",
    "wrong role",
    "not found",
    "wrong hub",
    "wrong school",
    "wrong token",
    "repeated",
    "another body",
];

/// Who may not call it, of NCETM, the department, hub leads, schools and services.
const ROLES: [(&str, &[Role]); 15] = [
    ("CreateCohort", &[Dfe, HubLead, School, Service]),
    ("GetCohort", &[]),
    ("ListCohorts", &[]),
    ("CreateScoreWeights", &[Dfe, HubLead, School, Service]),
    ("ListScoreWeights", &[]),
    ("CreateNomination", &[Dfe, Service]),
    ("GetNomination", &[]),
    ("ListNominations", &[]),
    ("WithdrawNomination", &[Dfe, Service]),
    ("RankNominations", &[Dfe, HubLead, School, Service]),
    ("ListRankings", &[HubLead, School]),
    ("SelectNominations", &[Dfe, School, Service]),
    ("OverrideNomination", &[Dfe, HubLead, School, Service]),
    ("GetNominee", &[Dfe, School, Service]),
    ("Read", &[HubLead, School]),
];

/// Wrong roles, as the gate before the service decides.
fn roles(walk: &mut Walk) {
    let served = access::served(proto::DESCRIPTORS, &SERVICES);
    walk.roles(POLICIES, ROLE_METHOD, &served, &ROLES);
}

#[tokio::test]
async fn every_rpc_refuses_what_it_should_with_its_reason() {
    for database in db::testing::databases().await {
        let stage = Stage::open(&database).await;
        let mut walk = Walk::default();
        roles(&mut walk);
        cohorts::walk(&stage, &mut walk).await;
        nominations::walk(&stage, &mut walk).await;
        feed(&stage, &mut walk).await;
        walk.is_whole(&CASES, proto::DESCRIPTORS, &SERVICES);
        walk.has_met_all_of(include_str!("../../../src/api/status.rs"));
    }
}

async fn feed(stage: &Stage, walk: &mut Walk) {
    let dfe = stage.voice(Dfe, None, None);
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
