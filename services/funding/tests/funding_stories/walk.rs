//! A walk through every RPC: with a wrong field, in a wrong state, by a wrong role or hub, with a stale etag, and with a repeated request_id.

use access::{Gate, Role};
use db::testing::databases;
use funding::{POLICIES, ROLE_METHOD, SERVICES};
use proto::funding::v1 as pb;
use server::{
    repeated,
    testing::{Cases, Walk},
};

use crate::stage::*;

/// Every RPC with the cases that it has. Roles are walked for all of them, as the gate before the service decides.
const CASES: [Cases; 20] = [
    ("CreatePolicy", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetPolicy", &["wrong field", "wrong state"]),
    ("ListPolicies", &["wrong field"]),
    ("AllocateBudget", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetBudget", &["wrong field", "wrong state", "wrong hub"]),
    ("ListBudgets", &["wrong field"]),
    ("GetEntitlement", &["wrong field", "wrong state", "wrong hub"]),
    ("ListEntitlements", &["wrong field"]),
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
];

#[test]
fn every_rpc_is_for_the_roles_that_it_is_meant_for() {
    let served = access::served(proto::DESCRIPTORS, &SERVICES);
    let gate = Gate::new(POLICIES, ROLE_METHOD, &served).unwrap();
    // Who may not, of NCETM, the department, hub leads, schools and services.
    let money = [Role::HubLead, Role::School, Role::Service];
    let wrong: [(&str, &[Role]); 13] = [
        ("PolicyService/CreatePolicy", &[Role::Dfe, Role::HubLead, Role::School, Role::Service]),
        ("BudgetService/AllocateBudget", &money),
        ("BudgetService/GetBudget", &[Role::School]),
        ("EntitlementService/GetEntitlement", &[]),
        ("EntitlementService/DecideEntitlement", &[Role::Dfe, Role::HubLead, Role::School, Role::Service]),
        ("EntitlementService/SetPayee", &[Role::Dfe, Role::HubLead, Role::School, Role::Service]),
        ("PaymentService/CreateBatch", &[Role::Dfe, Role::HubLead, Role::School, Role::Service]),
        ("PaymentService/ApproveBatch", &[Role::Dfe, Role::HubLead, Role::School, Role::Service]),
        ("PaymentService/ReleaseBatch", &[Role::Ncetm, Role::HubLead, Role::School, Role::Service]),
        ("PaymentService/CancelBatch", &[Role::Dfe, Role::HubLead, Role::School, Role::Service]),
        ("LedgerService/GetAccount", &[Role::HubLead, Role::School]),
        ("LedgerService/ListTransfers", &[Role::HubLead, Role::School]),
        ("LedgerService/ReverseTransfer", &[Role::Dfe, Role::HubLead, Role::School, Role::Service]),
    ];
    for (method, refused) in wrong {
        for role in Role::ALL {
            let allowed = gate.allows(role, &format!("mathshubs.funding.v1.{method}"));
            assert_eq!(allowed, !refused.contains(&role), "{role} {method}");
        }
    }
    for role in Role::ALL {
        let both =
            ["ApproveBatch", "ReleaseBatch"].map(|rpc| gate.allows(role, &format!("mathshubs.funding.v1.PaymentService/{rpc}")));
        assert_ne!(both, [true, true], "no role may do both");
    }
}

#[tokio::test]
async fn every_rpc_refuses_what_it_should_with_its_reason() {
    for database in databases().await {
        let stage = Stage::open(&database).await;
        let mut walk = Walk::default();
        policies_and_budgets(&stage, &mut walk).await;
        stage.accept(&[100_001, 100_002, 100_003]).await;
        stage.prove(&[100_001, 100_002]).await;
        entitlements(&stage, &mut walk).await;
        payments(&stage, &mut walk).await;
        ledger(&stage, &mut walk).await;
        walk.is_whole(&CASES, proto::DESCRIPTORS, &SERVICES[..5]);
    }
}

async fn policies_and_budgets(stage: &Stage, walk: &mut Walk) {
    let ncetm = stage.ncetm();
    let create = |id: &str, policy: pb::Policy| pb::CreatePolicyRequest {
        request_id: ncetm.request_id(),
        policy_id: id.to_owned(),
        policy: Some(policy),
    };
    let zero = pb::Policy { amount_pence: 0, ..policy() };
    walk.step("CreatePolicy", "wrong field", ncetm.policies.clone().create_policy(create("p", zero)).await, "FIELD_INVALID");
    let other = create("other", pb::Policy { amount_pence: 5, ..policy() });
    repeated!(walk, "CreatePolicy", ncetm.policies, create_policy, create("subsidy", policy()), other);
    let overlap = ncetm.policies.clone().create_policy(create("again", policy())).await;
    walk.step("CreatePolicy", "wrong state", overlap, "POLICY_OVERLAP");
    let get = |name: &str| pb::GetPolicyRequest { name: name.to_owned() };
    walk.step("GetPolicy", "wrong field", ncetm.policies.clone().get_policy(get("policy")).await, "FIELD_INVALID");
    walk.step("GetPolicy", "wrong state", ncetm.policies.clone().get_policy(get("policies/none")).await, "NOT_FOUND");
    let list = pb::ListPoliciesRequest { page_size: -1, ..Default::default() };
    walk.step("ListPolicies", "wrong field", ncetm.policies.clone().list_policies(list).await, "FIELD_INVALID");

    let dfe = stage.dfe();
    let allocate = |hub: &str, amount_pence: i64| pb::AllocateBudgetRequest {
        request_id: dfe.request_id(),
        hub: hub.to_owned(),
        financial_year: YEAR.to_owned(),
        amount_pence,
        decision: "Grant letter".to_owned(),
        validate_only: false,
    };
    let years = ["2018/19", "2018-20", "18-19", ""]
        .map(|year| pb::AllocateBudgetRequest { financial_year: year.to_owned(), ..allocate(NORTH, 1) });
    let undecided = pb::AllocateBudgetRequest { decision: String::new(), ..allocate(NORTH, 1) };
    for wrong in [allocate(NORTH, 0), allocate(NORTH, -1), undecided].into_iter().chain(years) {
        walk.step("AllocateBudget", "wrong field", dfe.budgets.clone().allocate_budget(wrong).await, "FIELD_INVALID");
    }
    let nowhere = dfe.budgets.clone().allocate_budget(allocate("hubs/nowhere", 1)).await;
    walk.step("AllocateBudget", "wrong state", nowhere, "NOT_FOUND");
    let request = allocate(NORTH, 10 * SUBSIDY);
    repeated!(walk, "AllocateBudget", dfe.budgets, allocate_budget, request, allocate(NORTH, 5));
    assert_eq!(stage.ncetm().budget().await[0], 10 * SUBSIDY, "once");
    let get = |name: &str| pb::GetBudgetRequest { name: name.to_owned() };
    let name = format!("{NORTH}/budgets/{YEAR}");
    walk.step("GetBudget", "wrong field", dfe.budgets.clone().get_budget(get("budgets/x")).await, "FIELD_INVALID");
    walk.step(
        "GetBudget",
        "wrong state",
        dfe.budgets.clone().get_budget(get(&format!("{SOUTH}/budgets/{YEAR}"))).await,
        "NOT_FOUND",
    );
    walk.step("GetBudget", "wrong hub", stage.hub_lead(SOUTH).budgets.clone().get_budget(get(&name)).await, "NOT_FOUND");
    let list = pb::ListBudgetsRequest { financial_year: "2018".to_owned(), ..Default::default() };
    walk.step("ListBudgets", "wrong field", dfe.budgets.clone().list_budgets(list).await, "FIELD_INVALID");
}

async fn entitlements(stage: &Stage, walk: &mut Walk) {
    let ncetm = stage.ncetm();
    let get = |name: &str| pb::GetEntitlementRequest { name: name.to_owned() };
    let client = || ncetm.entitlements.clone();
    walk.step("GetEntitlement", "wrong field", client().get_entitlement(get("p100001")).await, "FIELD_INVALID");
    walk.step("GetEntitlement", "wrong state", client().get_entitlement(get("entitlements/none")).await, "NOT_FOUND");
    walk.step("GetEntitlement", "wrong hub", stage.hub_lead(SOUTH).entitlement(100_001).await, "NOT_FOUND");
    let list = pb::ListEntitlementsRequest { state: 99, ..Default::default() };
    walk.step("ListEntitlements", "wrong field", client().list_entitlements(list).await, "FIELD_INVALID");

    let stands = ncetm.entitlement(100_001).await.unwrap();
    let decide = |etag: &str, outcome: pb::DecisionOutcome| pb::DecideEntitlementRequest {
        request_id: ncetm.request_id(),
        name: stands.name.clone(),
        etag: etag.to_owned(),
        outcome: outcome.into(),
        reason: "Looked at".to_owned(),
    };
    let (keep, release) = (pb::DecisionOutcome::Keep, pb::DecisionOutcome::Release);
    let undecided = decide(&stands.etag, pb::DecisionOutcome::Unspecified);
    walk.step("DecideEntitlement", "wrong field", client().decide_entitlement(undecided).await, "FIELD_INVALID");
    walk.step(
        "DecideEntitlement",
        "wrong state",
        client().decide_entitlement(decide(&stands.etag, keep)).await,
        "REVIEW_NOT_DUE",
    );
    stage.link(&[(100_001, 100_003, proto::network::v1::LinkKind::PredecessorMerged, "2018-07-01")]).await;
    walk.step("DecideEntitlement", "stale etag", client().decide_entitlement(decide(&stands.etag, keep)).await, "ETAG_STALE");
    let flagged = ncetm.entitlement(100_001).await.unwrap();
    let (request, other) = (decide(&flagged.etag, keep), decide(&flagged.etag, release));
    repeated!(walk, "DecideEntitlement", ncetm.entitlements, decide_entitlement, request, other);

    let stands = ncetm.entitlement(100_002).await.unwrap();
    let payee = |kind: pb::PayeeKind, reference: &str, etag: &str| pb::SetPayeeRequest {
        request_id: ncetm.request_id(),
        name: stands.name.clone(),
        etag: etag.to_owned(),
        payee: Some(pb::Payee { kind: kind.into(), reference: reference.to_owned() }),
    };
    use pb::PayeeKind::{Authority, School, Trust, Unspecified};
    for (kind, reference) in [(Unspecified, "x"), (School, "TR1"), (Trust, ""), (Authority, "=SUM(A1)\n")] {
        let wrong = payee(kind, reference, &stands.etag);
        walk.step("SetPayee", "wrong field", client().set_payee(wrong).await, "FIELD_INVALID");
    }
    walk.step("SetPayee", "stale etag", client().set_payee(payee(Trust, "TR1", "v99")).await, "ETAG_STALE");
    let (request, other) = (payee(Trust, "TR1", &stands.etag), payee(Trust, "TR2", &stands.etag));
    repeated!(walk, "SetPayee", ncetm.entitlements, set_payee, request, other);
}

async fn payments(stage: &Stage, walk: &mut Walk) {
    let (ncetm, dfe) = (stage.ncetm(), stage.dfe());
    let create = |hub: &str| pb::CreateBatchRequest { request_id: ncetm.request_id(), hub: hub.to_owned(), validate_only: false };
    walk.step("CreateBatch", "wrong field", ncetm.payments.clone().create_batch(create("north")).await, "FIELD_INVALID");
    walk.step("CreateBatch", "wrong state", ncetm.payments.clone().create_batch(create(SOUTH)).await, "NOTHING_PAYABLE");
    repeated!(walk, "CreateBatch", ncetm.payments, create_batch, create(NORTH), create(""));
    let list = pb::ListBatchesRequest { state: 99, ..Default::default() };
    walk.step("ListBatches", "wrong field", ncetm.payments.clone().list_batches(list).await, "FIELD_INVALID");
    let batches = ncetm.payments.clone().list_batches(pb::ListBatchesRequest::default()).await.unwrap().into_inner().batches;
    let first = batches.into_iter().next().unwrap();
    let get = |name: &str| pb::GetBatchRequest { name: name.to_owned() };
    walk.step("GetBatch", "wrong field", ncetm.payments.clone().get_batch(get("batch")).await, "FIELD_INVALID");
    walk.step("GetBatch", "wrong state", ncetm.payments.clone().get_batch(get("batches/none")).await, "NOT_FOUND");

    // Given up, and made again, so that each verb meets a batch in the state that it needs and in others.
    let cancel = |batch: &pb::Batch, etag: &str, reason: &str| pb::CancelBatchRequest {
        request_id: ncetm.request_id(),
        name: batch.name.clone(),
        etag: etag.to_owned(),
        reason: reason.to_owned(),
    };
    let client = || ncetm.payments.clone();
    walk.step("CancelBatch", "wrong field", client().cancel_batch(cancel(&first, &first.etag, "")).await, "FIELD_INVALID");
    walk.step("CancelBatch", "stale etag", client().cancel_batch(cancel(&first, "v99", "Wrong")).await, "ETAG_STALE");
    let (request, other) = (cancel(&first, &first.etag, "Wrong"), cancel(&first, &first.etag, "Other"));
    repeated!(walk, "CancelBatch", ncetm.payments, cancel_batch, request, other);
    let given_up = client().get_batch(get(&first.name)).await.unwrap().into_inner().batch.unwrap();
    walk.step("CancelBatch", "wrong state", ncetm.cancel(&given_up).await, "BATCH_STATE");

    let batch = ncetm.make_batch().await.unwrap();
    let approve = |name: &str, etag: &str| pb::ApproveBatchRequest {
        request_id: ncetm.request_id(),
        name: name.to_owned(),
        etag: etag.to_owned(),
    };
    walk.step("ApproveBatch", "wrong field", client().approve_batch(approve("x", &batch.etag)).await, "FIELD_INVALID");
    walk.step("ApproveBatch", "stale etag", client().approve_batch(approve(&batch.name, "v99")).await, "ETAG_STALE");
    walk.step("ApproveBatch", "wrong state", ncetm.approve(&given_up).await, "BATCH_STATE");
    let (request, other) = (approve(&batch.name, &batch.etag), approve(&first.name, &batch.etag));
    repeated!(walk, "ApproveBatch", ncetm.payments, approve_batch, request, other);
    let approved = client().get_batch(get(&batch.name)).await.unwrap().into_inner().batch.unwrap();
    let release = |name: &str, etag: &str| pb::ReleaseBatchRequest {
        request_id: dfe.request_id(),
        name: name.to_owned(),
        etag: etag.to_owned(),
    };
    walk.step("ReleaseBatch", "wrong field", dfe.payments.clone().release_batch(release("x", "v1")).await, "FIELD_INVALID");
    walk.step("ReleaseBatch", "stale etag", dfe.payments.clone().release_batch(release(&batch.name, "v99")).await, "ETAG_STALE");
    walk.step("ReleaseBatch", "wrong state", dfe.release(&given_up).await, "BATCH_STATE");
    // Later than what was held, so that the ledger's order is that of the verbs.
    stage.clock.move_to(noon("2018-11-22"));
    let (request, other) = (release(&batch.name, &approved.etag), release(&first.name, &approved.etag));
    repeated!(walk, "ReleaseBatch", dfe.payments, release_batch, request, other);
    let paid = ncetm.entitlement(100_002).await.unwrap();
    let late = pb::SetPayeeRequest { request_id: ncetm.request_id(), name: paid.name, etag: paid.etag, payee: paid.payee };
    walk.step("SetPayee", "wrong state", ncetm.entitlements.clone().set_payee(late).await, "ENTITLEMENT_STATE");
}

async fn ledger(stage: &Stage, walk: &mut Walk) {
    let ncetm = stage.ncetm();
    let client = || ncetm.ledger.clone();
    let get = |name: &str, day: &str| pb::GetAccountRequest { name: name.to_owned(), as_of_date: day.to_owned() };
    walk.step("GetAccount", "wrong field", client().get_account(get("accounts/grant", "2018-02-30")).await, "FIELD_INVALID");
    walk.step("GetAccount", "wrong state", client().get_account(get("accounts/none", "")).await, "NOT_FOUND");
    let list = pb::ListAccountsRequest { as_of_date: "yesterday".to_owned(), ..Default::default() };
    walk.step("ListAccounts", "wrong field", client().list_accounts(list).await, "FIELD_INVALID");
    let list = pb::ListTransfersRequest { account: "grant".to_owned(), ..Default::default() };
    walk.step("ListTransfers", "wrong field", client().list_transfers(list).await, "FIELD_INVALID");

    let transfers = ncetm.transfers("entitlements/p100002").await;
    let reverse = |name: &str, reason: &str| pb::ReverseTransferRequest {
        request_id: ncetm.request_id(),
        name: name.to_owned(),
        reason: reason.to_owned(),
    };
    walk.step(
        "ReverseTransfer",
        "wrong field",
        client().reverse_transfer(reverse(&transfers[1].name, "")).await,
        "FIELD_INVALID",
    );
    walk.step("ReverseTransfer", "wrong state", ncetm.reverse(&transfers[0].name).await, "TRANSFER_KIND");
    let (request, other) = (reverse(&transfers[1].name, "It came back"), reverse(&transfers[1].name, "Other"));
    repeated!(walk, "ReverseTransfer", ncetm.ledger, reverse_transfer, request, other);
    walk.step("ReverseTransfer", "wrong state", ncetm.reverse(&transfers[1].name).await, "TRANSFER_REVERSED");
}
