//! Postings: transfers are added to the ledger, each with the event that contains it.

use db::Error;
use proto::funding::v1 as pb;
use service::Command;
use time::Instant;

use super::{Transfer, TransferId, store};
use crate::batch::BatchId;

/// Maximum number of transfers of one event: a batch has more than the size of an event allows.
const TRANSFERS_PER_EVENT_MAX: usize = 500;

/// The facts of a transfer that come from the command.
#[derive(Debug, Clone)]
pub(crate) struct Posting {
    pub(crate) id: TransferId,
    pub(crate) time: Instant,
    pub(crate) actor: String,
    /// Empty for a posting of the service itself.
    pub(crate) request_id: String,
}

impl Posting {
    /// With a new id, at the time and by the cause of the command.
    pub(crate) fn next(cmd: &Command<'_, '_>) -> Self {
        Self {
            id: TransferId::trusted(cmd.next_id()),
            time: cmd.now(),
            actor: cmd.cause.actor.id.clone(),
            request_id: cmd.cause.request_id.clone(),
        }
    }
}

/// Adds a transfer. False when the transfer that it settles or reverses was settled or reversed before.
pub(crate) async fn post(cmd: &mut Command<'_, '_>, transfer: &Transfer) -> Result<bool, Error> {
    let is_added = store::transfer_insert(cmd.tx, transfer).await?;
    if is_added {
        append(cmd, std::slice::from_ref(transfer));
    }
    Ok(is_added)
}

/// Pays all entitlements of a batch, each to its payee, and gives their number.
pub(crate) async fn post_batch(cmd: &mut Command<'_, '_>, batch: &BatchId) -> Result<usize, Error> {
    let transfers = store::transfer_insert_batch(cmd.tx, batch, cmd.cause).await?;
    transfers.chunks(TRANSFERS_PER_EVENT_MAX).for_each(|some| append(cmd, some));
    Ok(transfers.len())
}

fn append(cmd: &mut Command<'_, '_>, transfers: &[Transfer]) {
    cmd.append(&transfers[0], &pb::TransfersPosted { transfers: transfers.iter().map(Into::into).collect() });
}
