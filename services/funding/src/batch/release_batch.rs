//! `PaymentService.ReleaseBatch` pays an approved batch. Each step is one statement, regardless of the number of entitlements.

use proto::funding::v1 as pb;
use service::{Command, Error};

use super::{
    BatchRef,
    batch_ref::{batch_entitlements, signature},
    store,
};
use crate::{budget, entitlement, ledger};

pub(crate) async fn release_batch(cmd: &mut Command<'_, '_>, batch: BatchRef) -> Result<pb::ReleaseBatchResponse, Error> {
    let batch = batch.for_update(cmd).await?.release(signature(cmd))?;
    // The table's CHECKs alone keep creator and approver from releasing the batch.
    store::batch_update(cmd.tx, &batch).await?;
    let entitlements = batch_entitlements(cmd, &batch).await?;
    let posted = ledger::post_batch(cmd, &batch.id).await?;
    assert_eq!(posted, entitlements.len(), "entitlements of a batch without an open question are payable");
    entitlement::store::entitlement_pay(cmd.tx, &batch.id).await?;
    budget::store::budget_spend(cmd.tx, &batch.id).await?;
    for entitlement in entitlements {
        let paid = entitlement.pay(&batch.id);
        let transfer = paid.transfer.as_ref().map(ToString::to_string).unwrap_or_default();
        cmd.append(&paid, &pb::EntitlementPaid { entitlement: Some((&paid).into()), transfer });
    }
    cmd.append(&batch, &pb::BatchReleased { batch: Some((&batch).into()) });
    Ok(pb::ReleaseBatchResponse { batch: Some((&batch).into()) })
}
