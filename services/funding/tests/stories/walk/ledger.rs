//! LedgerService. Before: 100002 is paid, and money of the north is committed.

use proto::funding::v1::{self as pb, TransferKind};
use server::testing::{Cases, Walk};

use super::invalid_names;
use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("GetAccount", &["wrong field", "wrong state"]),
    ("ListAccounts", &["wrong field"]),
    ("ListTransfers", &["wrong field"]),
    ("ReverseTransfer", &["wrong field", "wrong state", "repeated", "another body"]),
];

pub(super) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    read(fixture, walk).await;
    reverse(fixture, walk).await;
}

async fn read(fixture: &Fixture, walk: &mut Walk) {
    let ncetm = fixture.ncetm();
    let get = async |name: &str, day: &str| {
        let request = pb::GetAccountRequest { name: name.to_owned(), as_of_date: day.to_owned() };
        ncetm.ledger.clone().get_account(request).await
    };
    for name in invalid_names("accounts") {
        walk.wrong("GetAccount", get(&name, "").await, &["name"]);
    }
    for day in ["2018-02-30", "yesterday", "2018-1-1"] {
        walk.wrong("GetAccount", get("accounts/grant", day).await, &["as_of_date"]);
    }
    walk.step("GetAccount", "wrong state", get("accounts/none", "").await, "NOT_FOUND");
    let list = pb::ListAccountsRequest {
        page_size: -1,
        page_token: "x".to_owned(),
        hub: "north".to_owned(),
        financial_year: "2018/19".to_owned(),
        as_of_date: "yesterday".to_owned(),
    };
    let fields = ["hub", "financial_year", "as_of_date", "page_size", "page_token"];
    walk.wrong("ListAccounts", ncetm.ledger.clone().list_accounts(list).await, &fields);
    let list = pb::ListTransfersRequest {
        page_size: -1,
        page_token: "x".to_owned(),
        account: "grant".to_owned(),
        entitlement: "p100001".to_owned(),
        batch: "batch".to_owned(),
    };
    let fields = ["account", "entitlement", "batch", "page_size", "page_token"];
    walk.wrong("ListTransfers", ncetm.ledger.clone().list_transfers(list).await, &fields);
}

async fn reverse(fixture: &Fixture, walk: &mut Walk) {
    let (ncetm, events) = (fixture.ncetm(), async || fixture.events_count().await);
    let call = async |request| ncetm.ledger.clone().reverse_transfer(request).await;
    let request = |name: &str, reason: &str| pb::ReverseTransferRequest {
        request_id: "reverse".to_owned(),
        name: name.to_owned(),
        reason: reason.to_owned(),
        validate_only: false,
    };
    let all = ncetm.transfers("").await;
    let of = |kind| all.iter().find(|one| one.kind() == kind && !one.entitlement.ends_with("p100001")).unwrap().name.clone();
    let (allocation, commitment, payment) = (of(TransferKind::Allocate), of(TransferKind::Commit), of(TransferKind::Post));
    walk.wrong("ReverseTransfer", call(pb::ReverseTransferRequest::default()).await, &["request_id", "name", "reason"]);
    for name in invalid_names("transfers") {
        walk.wrong("ReverseTransfer", call(request(&name, "It came back")).await, &["name"]);
    }
    for reason in [String::new(), "x".repeat(501)] {
        walk.wrong("ReverseTransfer", call(request(&payment, &reason)).await, &["reason"]);
    }
    walk.step("ReverseTransfer", "wrong state", call(request("transfers/none", "It came back")).await, "NOT_FOUND");
    walk.step("ReverseTransfer", "wrong state", ncetm.reverse(&commitment).await, "TRANSFER_KIND");
    walk.step("ReverseTransfer", "wrong state", ncetm.reverse(&allocation).await, "BUDGET_EXHAUSTED");
    // The event of the proposal.
    let bodies = [request(&payment, "It came back"), request(&payment, "Other")];
    let proposed = walk.repeat("ReverseTransfer", events, 1, call, bodies).await;
    let reversed = fixture.confirmed::<pb::ReverseTransferResponse>(&proposed.pending_change).await.unwrap();
    assert_eq!(reversed.transfer.unwrap().reversed_transfer, payment);
    walk.step("ReverseTransfer", "wrong state", ncetm.reverse(&payment).await, "TRANSFER_REVERSED");
}
