//! PolicyService and BudgetService. After: the policy exists, and the north has money for ten subsidies.

use proto::funding::v1 as pb;
use server::testing::{Cases, Walk};

use super::{incomplete_tokens, invalid_names};
use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("CreatePolicy", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetPolicy", &["wrong field", "wrong state"]),
    ("ListPolicies", &["wrong field"]),
    ("AllocateBudget", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetBudget", &["wrong field", "wrong state", "wrong hub", "wrong token"]),
    ("ListBudgets", &["wrong field", "wrong hub", "wrong token"]),
];

/// A change of a policy, and the field that is then wrong.
type Wrong = (fn(&mut pb::Policy), &'static str);

const WRONG: [Wrong; 11] = [
    (|policy| policy.kind = 0, "policy.kind"),
    (|policy| policy.kind = 99, "policy.kind"),
    (|policy| policy.programme.clear(), "policy.programme"),
    (|policy| policy.programme = "Core Maths".to_owned(), "policy.programme"),
    (|policy| policy.amount_pence = 0, "policy.amount_pence"),
    (|policy| policy.amount_pence = 1_000_000_000_001, "policy.amount_pence"),
    (|policy| policy.start_date = "1 September 2018".to_owned(), "policy.start_date"),
    (|policy| policy.end_date = "2018-09-31".to_owned(), "policy.end_date"),
    (|policy| policy.end_date = "2018-08-31".to_owned(), "policy.end_date"),
    (|policy| policy.decision.clear(), "policy.decision"),
    (|policy| policy.decision = "x".repeat(201), "policy.decision"),
];

pub(super) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    policies(fixture, walk).await;
    allocations(fixture, walk).await;
    budgets(fixture, walk).await;
}

async fn policies(fixture: &Fixture, walk: &mut Walk) {
    let (ncetm, events) = (fixture.ncetm(), async || fixture.events_count().await);
    let call = async |request| ncetm.policies.clone().create_policy(request).await;
    let request = |request_id: &str, id: &str, policy: pb::Policy| pb::CreatePolicyRequest {
        request_id: request_id.to_owned(),
        policy_id: id.to_owned(),
        policy: Some(policy),
    };
    walk.wrong("CreatePolicy", call(pb::CreatePolicyRequest::default()).await, &["request_id", "policy_id", "policy"]);
    for (change, field) in WRONG {
        let mut wrong = policy();
        change(&mut wrong);
        walk.wrong("CreatePolicy", call(request("create", "subsidy", wrong)).await, &[field]);
    }
    for id in ["", "No Id", "policies/subsidy", &"x".repeat(41)] {
        walk.wrong("CreatePolicy", call(request("create", id, policy())).await, &["policy_id"]);
    }
    let undecided = pb::Policy { decision: UNKNOWN_DECISION.to_owned(), ..policy() };
    walk.step("CreatePolicy", "wrong state", call(request("create", "subsidy", undecided)).await, "DECISION_UNKNOWN");
    let bodies = [policy(), pb::Policy { amount_pence: 5, ..policy() }].map(|policy| request("create", "subsidy", policy));
    walk.repeat("CreatePolicy", events, 1, call, bodies).await;
    walk.step("CreatePolicy", "wrong state", call(request("again", "subsidy", policy())).await, "POLICY_EXISTS");
    walk.step("CreatePolicy", "wrong state", call(request("again", "again", policy())).await, "POLICY_OVERLAP");

    let get = async |name: &str| ncetm.policies.clone().get_policy(pb::GetPolicyRequest { name: name.to_owned() }).await;
    for name in invalid_names("policies") {
        walk.wrong("GetPolicy", get(&name).await, &["name"]);
    }
    walk.step("GetPolicy", "wrong state", get("policies/none").await, "NOT_FOUND");
    let list = pb::ListPoliciesRequest { page_size: -1, page_token: "x".to_owned() };
    walk.wrong("ListPolicies", ncetm.policies.clone().list_policies(list).await, &["page_size", "page_token"]);
}

async fn allocations(fixture: &Fixture, walk: &mut Walk) {
    let (dfe, events) = (fixture.dfe(), async || fixture.events_count().await);
    let call = async |request| dfe.budgets.clone().allocate_budget(request).await;
    let request = |hub: &str, amount_pence: i64| pb::AllocateBudgetRequest {
        request_id: "allocate".to_owned(),
        hub: hub.to_owned(),
        financial_year: YEAR.to_owned(),
        amount_pence,
        decision: DECISION.to_owned(),
        validate_only: false,
    };
    let all = ["request_id", "hub", "financial_year", "amount_pence", "decision"];
    walk.wrong("AllocateBudget", call(pb::AllocateBudgetRequest::default()).await, &all);
    for hub in invalid_names("hubs") {
        walk.wrong("AllocateBudget", call(request(&hub, 1)).await, &["hub"]);
    }
    for amount in [0, -1, 1_000_000_000_001] {
        walk.wrong("AllocateBudget", call(request(NORTH, amount)).await, &["amount_pence"]);
    }
    for year in ["2018/19", "2018-20", "18-19", ""] {
        let wrong = pb::AllocateBudgetRequest { financial_year: year.to_owned(), ..request(NORTH, 1) };
        walk.wrong("AllocateBudget", call(wrong).await, &["financial_year"]);
    }
    for decision in [String::new(), "x".repeat(201)] {
        walk.wrong("AllocateBudget", call(pb::AllocateBudgetRequest { decision, ..request(NORTH, 1) }).await, &["decision"]);
    }
    walk.step("AllocateBudget", "wrong state", call(request("hubs/nowhere", 1)).await, "NOT_FOUND");
    let undecided = pb::AllocateBudgetRequest { decision: UNKNOWN_DECISION.to_owned(), ..request(NORTH, 1) };
    walk.step("AllocateBudget", "wrong state", call(undecided).await, "DECISION_UNKNOWN");
    // The event of the proposal.
    let proposed = walk.repeat("AllocateBudget", events, 1, call, [request(NORTH, 10 * SUBSIDY), request(NORTH, 5)]).await;
    assert_eq!(fixture.confirmed::<pb::AllocateBudgetResponse>(&proposed.pending_change).await.unwrap().funded_count, 0);
    assert_eq!(fixture.ncetm().budget().await[0], 10 * SUBSIDY, "once");
}

async fn budgets(fixture: &Fixture, walk: &mut Walk) {
    let (dfe, south) = (fixture.dfe(), fixture.hub_lead(SOUTH));
    let get = async |client: &Client, name: &str| {
        client.budgets.clone().get_budget(pb::GetBudgetRequest { name: name.to_owned() }).await
    };
    let name = format!("{NORTH}/budgets/{YEAR}");
    for wrong in ["", NORTH, "hubs/north/budgets/", "hubs/north/budgets/2018", "hubs/North/budgets/2018-19", "budgets/2018-19"] {
        walk.wrong("GetBudget", get(&dfe, wrong).await, &["name"]);
    }
    walk.step("GetBudget", "wrong state", get(&dfe, &format!("{SOUTH}/budgets/{YEAR}")).await, "NOT_FOUND");
    walk.step("GetBudget", "wrong hub", get(&south, &name).await, "NOT_FOUND");

    let list = async |client: &Client, request| client.budgets.clone().list_budgets(request).await;
    let wrong = pb::ListBudgetsRequest {
        page_size: -1,
        page_token: "x".to_owned(),
        hub: "north".to_owned(),
        financial_year: "2018".to_owned(),
    };
    walk.wrong("ListBudgets", list(&dfe, wrong).await, &["hub", "financial_year", "page_size", "page_token"]);
    for request in
        [pb::ListBudgetsRequest::default(), pb::ListBudgetsRequest { hub: NORTH.to_owned(), ..pb::ListBudgetsRequest::default() }]
    {
        assert_eq!(list(&fixture.hub_lead(NORTH), request.clone()).await.unwrap().get_ref().budgets.len(), 1);
        let foreign = list(&south, request).await;
        assert_eq!(foreign.as_ref().unwrap().get_ref().budgets, [], "budgets of others are hidden");
        walk.step("ListBudgets", "wrong hub", foreign, "OK");
    }
    for client in incomplete_tokens(fixture) {
        walk.step("GetBudget", "wrong token", get(&client, &name).await, "TOKEN_INCOMPLETE");
        walk.step("ListBudgets", "wrong token", list(&client, pb::ListBudgetsRequest::default()).await, "TOKEN_INCOMPLETE");
    }
}
