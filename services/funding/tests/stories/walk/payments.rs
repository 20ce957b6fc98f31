//! PaymentService. Before: 100001 and 100002 are payable. After: both are paid, and the evidence of 100001 has lapsed.

use proto::funding::v1::{self as pb, DecisionOutcome::*};
use server::testing::{Cases, Walk};
use tonic::Status;

use super::invalid_names;
use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("CreateBatch", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetBatch", &["wrong field", "wrong state"]),
    ("ListBatches", &["wrong field"]),
    ("ApproveBatch", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("ReleaseBatch", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("CancelBatch", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
];

pub(super) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    let first = create(fixture, walk).await;
    read(fixture, walk).await;
    cancel(fixture, walk, &first).await;
    let batch = fixture.ncetm().create_batch().await.unwrap();
    let approved = approve(fixture, walk, &batch, &first).await;
    release(fixture, walk, &approved, &first).await;
    reviews(fixture, walk).await;
}

async fn get(client: &Client, name: &str) -> Result<pb::Batch, Status> {
    let answer = client.payments.clone().get_batch(pb::GetBatchRequest { name: name.to_owned() }).await?;
    Ok(answer.into_inner().batch.unwrap())
}

async fn create(fixture: &Fixture, walk: &mut Walk) -> pb::Batch {
    let (ncetm, events) = (fixture.ncetm(), async || fixture.events_count().await);
    let call = async |request| ncetm.payments.clone().create_batch(request).await;
    let request = |hub: &str| pb::CreateBatchRequest { request_id: "make".to_owned(), hub: hub.to_owned(), validate_only: false };
    let wrong = pb::CreateBatchRequest { hub: "north".to_owned(), ..pb::CreateBatchRequest::default() };
    walk.wrong("CreateBatch", call(wrong).await, &["request_id", "hub"]);
    walk.step("CreateBatch", "wrong state", call(request(SOUTH)).await, "NOTHING_PAYABLE");
    // Events: the batch, and the payee of 100001, which has merged into another school.
    walk.repeat("CreateBatch", events, 2, call, [request(NORTH), request("")]).await.batch.unwrap()
}

async fn read(fixture: &Fixture, walk: &mut Walk) {
    let ncetm = fixture.ncetm();
    for name in invalid_names("batches") {
        walk.wrong("GetBatch", get(&ncetm, &name).await, &["name"]);
    }
    walk.step("GetBatch", "wrong state", get(&ncetm, "batches/none").await, "NOT_FOUND");
    let wrong = pb::ListBatchesRequest { page_size: -1, page_token: "x".to_owned(), state: 99 };
    walk.wrong("ListBatches", ncetm.payments.clone().list_batches(wrong).await, &["state", "page_size", "page_token"]);
}

/// Cancels the first batch, so that each verb meets batches in several states.
async fn cancel(fixture: &Fixture, walk: &mut Walk, first: &pb::Batch) {
    let (ncetm, events) = (fixture.ncetm(), async || fixture.events_count().await);
    let call = async |request| ncetm.payments.clone().cancel_batch(request).await;
    let request = |name: &str, etag: &str, reason: &str| pb::CancelBatchRequest {
        request_id: "cancel".to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        reason: reason.to_owned(),
    };
    walk.wrong("CancelBatch", call(pb::CancelBatchRequest::default()).await, &["request_id", "name", "etag", "reason"]);
    for name in invalid_names("batches") {
        walk.wrong("CancelBatch", call(request(&name, "v1", "Wrong")).await, &["name"]);
    }
    for reason in [String::new(), "x".repeat(501)] {
        walk.wrong("CancelBatch", call(request(&first.name, &first.etag, &reason)).await, &["reason"]);
    }
    walk.step("CancelBatch", "wrong state", call(request("batches/none", "v1", "Wrong")).await, "NOT_FOUND");
    walk.step("CancelBatch", "stale etag", call(request(&first.name, "v99", "Wrong")).await, "ETAG_STALE");
    let bodies = ["Wrong", "Other"].map(|reason| request(&first.name, &first.etag, reason));
    let cancelled = walk.repeat("CancelBatch", events, 1, call, bodies).await.batch.unwrap();
    walk.step("CancelBatch", "wrong state", ncetm.cancel(&cancelled).await, "BATCH_STATE");
}

async fn approve(fixture: &Fixture, walk: &mut Walk, batch: &pb::Batch, cancelled: &pb::Batch) -> pb::Batch {
    let (ncetm, events) = (fixture.approver(), async || fixture.events_count().await);
    let call = async |request| ncetm.payments.clone().approve_batch(request).await;
    let request = |name: &str, etag: &str| pb::ApproveBatchRequest {
        request_id: "approve".to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        validate_only: false,
    };
    walk.wrong("ApproveBatch", call(pb::ApproveBatchRequest::default()).await, &["request_id", "name", "etag"]);
    for name in invalid_names("batches") {
        walk.wrong("ApproveBatch", call(request(&name, "v1")).await, &["name"]);
    }
    walk.step("ApproveBatch", "wrong state", call(request("batches/none", "v1")).await, "NOT_FOUND");
    walk.step("ApproveBatch", "stale etag", call(request(&batch.name, "v99")).await, "ETAG_STALE");
    let entitlement = get(&ncetm, &cancelled.name).await.unwrap();
    walk.step("ApproveBatch", "wrong state", fixture.approver().approve(&entitlement).await, "BATCH_STATE");
    walk.step("ReleaseBatch", "wrong state", fixture.dfe().release(batch).await, "BATCH_STATE");
    walk.step("ApproveBatch", "wrong state", fixture.ncetm().approve(batch).await, "CREATOR_IS_APPROVER");
    let bodies = [request(&batch.name, &batch.etag), request(&cancelled.name, &batch.etag)];
    walk.repeat("ApproveBatch", events, 1, call, bodies).await.batch.unwrap()
}

async fn release(fixture: &Fixture, walk: &mut Walk, approved: &pb::Batch, cancelled: &pb::Batch) {
    let (dfe, events) = (fixture.dfe(), async || fixture.events_count().await);
    let call = async |request| dfe.payments.clone().release_batch(request).await;
    let request = |name: &str, etag: &str| pb::ReleaseBatchRequest {
        request_id: "release".to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        validate_only: false,
    };
    walk.wrong("ReleaseBatch", call(pb::ReleaseBatchRequest::default()).await, &["request_id", "name", "etag"]);
    for name in invalid_names("batches") {
        walk.wrong("ReleaseBatch", call(request(&name, "v1")).await, &["name"]);
    }
    walk.step("ReleaseBatch", "wrong state", call(request("batches/none", "v1")).await, "NOT_FOUND");
    walk.step("ReleaseBatch", "stale etag", call(request(&approved.name, "v99")).await, "ETAG_STALE");
    for (same_person, reason) in [("ncetm-carl", "APPROVER_IS_RELEASER"), ("ncetm-anna", "CREATOR_IS_RELEASER")] {
        walk.step("ReleaseBatch", "wrong state", fixture.dfe_as(same_person).release(approved).await, reason);
    }
    let in_batch = set_payee(fixture, 100_002).await;
    walk.step("SetPayee", "wrong state", in_batch, "ENTITLEMENT_IN_BATCH");
    // Later than the commitments, so that transfers are in the order of the verbs.
    fixture.clock.move_to(noon("2018-11-22"));
    let bodies = [request(&approved.name, &approved.etag), request(&cancelled.name, &approved.etag)];
    // Events: the batch, its two entitlements, and their transfers.
    walk.repeat("ReleaseBatch", events, 4, call, bodies).await;
    walk.step("SetPayee", "wrong state", set_payee(fixture, 100_002).await, "ENTITLEMENT_STATE");
}

async fn set_payee(fixture: &Fixture, urn: i64) -> Result<pb::Entitlement, Status> {
    let (ncetm, entitlement) = (fixture.ncetm(), fixture.ncetm().entitlement(urn).await?);
    let request = pb::SetPayeeRequest {
        request_id: ncetm.request_id(),
        name: entitlement.name,
        etag: entitlement.etag,
        payee: entitlement.payee,
    };
    ncetm.set_payee(request).await
}

/// An open question blocks a batch. An entitlement in a batch, or paid, cannot be released.
async fn reviews(fixture: &Fixture, walk: &mut Walk) {
    let ncetm = fixture.ncetm();
    fixture.accept(&[100_004]).await;
    fixture.prove(&[100_004]).await;
    let batch = ncetm.create_batch().await.unwrap();
    fixture.withdraw(100_001, "2018-10-01").await;
    fixture.withdraw(100_004, "2018-10-01").await;
    walk.step("ApproveBatch", "wrong state", fixture.approver().approve(&batch).await, "BATCH_IN_REVIEW");
    walk.step("DecideEntitlement", "wrong state", ncetm.decide(100_004, Release).await, "ENTITLEMENT_IN_BATCH");
    walk.step("DecideEntitlement", "wrong state", ncetm.decide(100_001, Release).await, "ENTITLEMENT_STATE");
}
