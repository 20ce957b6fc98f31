//! `PaymentService.CreateBatch` puts all payable entitlements into a new batch.

use name::HubId;
use proto::funding::v1 as pb;
use service::{Command, Error};

use super::{Batch, BatchId, batch_ref::signature, store};
use crate::{
    entitlement,
    payee::{self, Payee},
    review::reassess_lineage::reassess_lineage,
};

/// Maximum number of entitlements of one batch.
const ENTITLEMENTS_MAX: i64 = 5_000;

/// `hub` is `None` for all hubs.
pub(crate) async fn create_batch(cmd: &mut Command<'_, '_>, hub: Option<HubId>) -> Result<pb::CreateBatchResponse, Error> {
    // Questions that became due meanwhile are raised now, so that no entitlement is paid despite a due question.
    while reassess_lineage(cmd).await? {}
    let batch = Batch::new(BatchId::trusted(cmd.next_id()), hub, signature(cmd));
    store::batch_insert(cmd.tx, &batch).await?;
    let amounts = entitlement::store::entitlement_assign_batch(cmd.tx, &batch.id, batch.hub.as_ref(), ENTITLEMENTS_MAX).await?;
    let batch = batch.fill(&amounts)?;
    store::batch_update_totals(cmd.tx, &batch).await?;
    change_succeeded_payees(cmd, &batch).await?;
    cmd.append(&batch, &pb::BatchCreated { batch: Some((&batch).into()) });
    Ok(pb::CreateBatchResponse { batch: Some((&batch).into()) })
}

/// Replaces payees that are schools by their unambiguous successors; the approver sees them in the batch. Where a school has closed without one, a review
/// question was raised before.
async fn change_succeeded_payees(cmd: &mut Command<'_, '_>, batch: &Batch) -> Result<(), Error> {
    let (now, today) = (cmd.now(), cmd.today());
    for (id, successor) in payee::store::payee_list_succeeded(cmd.tx, &batch.id, today).await? {
        let found = entitlement::store::find_entitlement_for_update(cmd.tx, &id).await?;
        let mut entitlement = found.expect("the entitlement is in the batch");
        entitlement.change_payee(Payee::school(successor), now);
        entitlement::store::entitlement_update(cmd.tx, &mut entitlement).await?;
        cmd.append(&entitlement, &pb::PayeeSet { entitlement: Some((&entitlement).into()) });
    }
    Ok(())
}
