//! PaymentService. 100001 and 100002 are payable; at the end both are paid, and the first is said to have left before it was proven.

use proto::funding::v1::{self as pb, DecisionOutcome::*};
use server::testing::Walk;
use tonic::Status;

use super::no_names;
use crate::stage::*;

pub(super) async fn walk(stage: &Stage, walk: &mut Walk) {
    let first = create(stage, walk).await;
    read(stage, walk).await;
    cancel(stage, walk, &first).await;
    let batch = stage.ncetm().make_batch().await.unwrap();
    let approved = approve(stage, walk, &batch, &first).await;
    release(stage, walk, &approved, &first).await;
    reviews(stage, walk).await;
}

async fn get(voice: &Voice, name: &str) -> Result<pb::Batch, Status> {
    let answer = voice.payments.clone().get_batch(pb::GetBatchRequest { name: name.to_owned() }).await?;
    Ok(answer.into_inner().batch.unwrap())
}

async fn create(stage: &Stage, walk: &mut Walk) -> pb::Batch {
    let (ncetm, events) = (stage.ncetm(), async || stage.events_count().await);
    let call = async |request| ncetm.payments.clone().create_batch(request).await;
    let request = |hub: &str| pb::CreateBatchRequest { request_id: "make".to_owned(), hub: hub.to_owned(), validate_only: false };
    let wrong = pb::CreateBatchRequest { hub: "north".to_owned(), ..pb::CreateBatchRequest::default() };
    walk.wrong("CreateBatch", call(wrong).await, &["request_id", "hub"]);
    walk.step("CreateBatch", "wrong state", call(request(SOUTH)).await, "NOTHING_PAYABLE");
    // The batch, and that 100001 is paid as the school into which it has merged.
    walk.repeat("CreateBatch", events, 2, call, [request(NORTH), request("")]).await.batch.unwrap()
}

async fn read(stage: &Stage, walk: &mut Walk) {
    let ncetm = stage.ncetm();
    for name in no_names("batches") {
        walk.wrong("GetBatch", get(&ncetm, &name).await, &["name"]);
    }
    walk.step("GetBatch", "wrong state", get(&ncetm, "batches/none").await, "NOT_FOUND");
    let wrong = pb::ListBatchesRequest { page_size: -1, page_token: "x".to_owned(), state: 99 };
    walk.wrong("ListBatches", ncetm.payments.clone().list_batches(wrong).await, &["state", "page_size", "page_token"]);
}

/// Given up, and made again, so that each verb meets a batch in the state that it needs and in others.
async fn cancel(stage: &Stage, walk: &mut Walk, first: &pb::Batch) {
    let (ncetm, events) = (stage.ncetm(), async || stage.events_count().await);
    let call = async |request| ncetm.payments.clone().cancel_batch(request).await;
    let request = |name: &str, etag: &str, reason: &str| pb::CancelBatchRequest {
        request_id: "cancel".to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        reason: reason.to_owned(),
    };
    walk.wrong("CancelBatch", call(pb::CancelBatchRequest::default()).await, &["request_id", "name", "reason"]);
    for name in no_names("batches") {
        walk.wrong("CancelBatch", call(request(&name, "v1", "Wrong")).await, &["name"]);
    }
    for reason in [String::new(), "x".repeat(501)] {
        walk.wrong("CancelBatch", call(request(&first.name, &first.etag, &reason)).await, &["reason"]);
    }
    walk.step("CancelBatch", "wrong state", call(request("batches/none", "v1", "Wrong")).await, "NOT_FOUND");
    walk.step("CancelBatch", "stale etag", call(request(&first.name, "v99", "Wrong")).await, "ETAG_STALE");
    let bodies = ["Wrong", "Other"].map(|reason| request(&first.name, &first.etag, reason));
    let given_up = walk.repeat("CancelBatch", events, 1, call, bodies).await.batch.unwrap();
    walk.step("CancelBatch", "wrong state", ncetm.cancel(&given_up).await, "BATCH_STATE");
}

async fn approve(stage: &Stage, walk: &mut Walk, batch: &pb::Batch, given_up: &pb::Batch) -> pb::Batch {
    let (ncetm, events) = (stage.ncetm(), async || stage.events_count().await);
    let call = async |request| ncetm.payments.clone().approve_batch(request).await;
    let request = |name: &str, etag: &str| pb::ApproveBatchRequest {
        request_id: "approve".to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        validate_only: false,
    };
    walk.wrong("ApproveBatch", call(pb::ApproveBatchRequest::default()).await, &["request_id", "name"]);
    for name in no_names("batches") {
        walk.wrong("ApproveBatch", call(request(&name, "v1")).await, &["name"]);
    }
    walk.step("ApproveBatch", "wrong state", call(request("batches/none", "v1")).await, "NOT_FOUND");
    walk.step("ApproveBatch", "stale etag", call(request(&batch.name, "v99")).await, "ETAG_STALE");
    let stands = get(&ncetm, &given_up.name).await.unwrap();
    walk.step("ApproveBatch", "wrong state", ncetm.approve(&stands).await, "BATCH_STATE");
    walk.step("ReleaseBatch", "wrong state", stage.dfe().release(batch).await, "BATCH_STATE");
    let bodies = [request(&batch.name, &batch.etag), request(&given_up.name, &batch.etag)];
    walk.repeat("ApproveBatch", events, 1, call, bodies).await.batch.unwrap()
}

async fn release(stage: &Stage, walk: &mut Walk, approved: &pb::Batch, given_up: &pb::Batch) {
    let (dfe, events) = (stage.dfe(), async || stage.events_count().await);
    let call = async |request| dfe.payments.clone().release_batch(request).await;
    let request = |name: &str, etag: &str| pb::ReleaseBatchRequest {
        request_id: "release".to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        validate_only: false,
    };
    walk.wrong("ReleaseBatch", call(pb::ReleaseBatchRequest::default()).await, &["request_id", "name"]);
    for name in no_names("batches") {
        walk.wrong("ReleaseBatch", call(request(&name, "v1")).await, &["name"]);
    }
    walk.step("ReleaseBatch", "wrong state", call(request("batches/none", "v1")).await, "NOT_FOUND");
    walk.step("ReleaseBatch", "stale etag", call(request(&approved.name, "v99")).await, "ETAG_STALE");
    let same_person = stage.dfe_called("ncetm-anna");
    walk.step("ReleaseBatch", "wrong state", same_person.release(approved).await, "APPROVER_IS_RELEASER");
    let in_batch = set_payee(stage, 100_002).await;
    walk.step("SetPayee", "wrong state", in_batch, "ENTITLEMENT_IN_BATCH");
    // Later than what was held, so that the ledger's order is that of the verbs.
    stage.clock.move_to(noon("2018-11-22"));
    let bodies = [request(&approved.name, &approved.etag), request(&given_up.name, &approved.etag)];
    // The batch, and its two lines.
    walk.repeat("ReleaseBatch", events, 3, call, bodies).await;
    walk.step("SetPayee", "wrong state", set_payee(stage, 100_002).await, "ENTITLEMENT_STATE");
}

async fn set_payee(stage: &Stage, urn: i64) -> Result<pb::SetPayeeResponse, Status> {
    let (ncetm, stands) = (stage.ncetm(), stage.ncetm().entitlement(urn).await?);
    let request =
        pb::SetPayeeRequest { request_id: ncetm.request_id(), name: stands.name, etag: stands.etag, payee: stands.payee };
    Ok(ncetm.entitlements.clone().set_payee(request).await?.into_inner())
}

/// What waits for a person holds up a batch, and cannot be released while it is in one or when it is paid.
async fn reviews(stage: &Stage, walk: &mut Walk) {
    let ncetm = stage.ncetm();
    stage.accept(&[100_004]).await;
    stage.prove(&[100_004]).await;
    let batch = ncetm.make_batch().await.unwrap();
    stage.withdraw(100_001, "2018-10-01").await;
    stage.withdraw(100_004, "2018-10-01").await;
    walk.step("ApproveBatch", "wrong state", ncetm.approve(&batch).await, "BATCH_IN_REVIEW");
    walk.step("DecideEntitlement", "wrong state", ncetm.decide(100_004, Release).await, "ENTITLEMENT_IN_BATCH");
    walk.step("DecideEntitlement", "wrong state", ncetm.decide(100_001, Release).await, "ENTITLEMENT_STATE");
}
