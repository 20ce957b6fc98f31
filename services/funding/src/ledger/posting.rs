//! Postings: when, by whom and in which request a transfer is added to the ledger.

use service::Command;
use time::Instant;

use super::TransferId;

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
            actor: cmd.cause.actor.clone(),
            request_id: cmd.cause.request_id.clone(),
        }
    }
}
