//! The sequencer: on PostgreSQL, events get their places in the order after they are committed.
//!
//! Transactions commit in another order than that in which they began, so whatever an event carries when it is written cannot be the order that
//! readers see: one that reads past a gap would miss what fills it. So one transaction at a time, which holds a lock of its own until it has
//! committed, looks at what is committed and appends it to the order. Several replicas may run this at once; the lock lets them take turns, and
//! one that dies gives it back.

use std::{sync::Arc, time::Duration};

use db::Pool;
use sqlx::{PgPool, postgres::PgListener};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{append::Shared, store};

/// How long an event of a replica that died waits, at most, until another looks for it.
const POLL: Duration = Duration::from_millis(100);
/// After an error.
const RETRY: Duration = Duration::from_millis(500);
/// One for the sequencer, one that listens, one for a caller who asks for the head.
const CONNECTIONS: u32 = 3;

pub(crate) struct Sequencer {
    /// Connections of its own: what all readers wait for must not queue behind the callers.
    connections: PgPool,
    shared: Arc<Shared>,
}

impl Sequencer {
    /// None on SQLite, where the writer does it.
    pub(crate) fn new(pool: &Pool, shared: Arc<Shared>) -> Option<Self> {
        Some(Self { connections: pool.postgres_side_pool(CONNECTIONS)?, shared })
    }

    pub(crate) async fn run(&self, shutdown: &CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.keep_sequencing() => {}
            () = self.keep_listening() => {}
        }
    }

    async fn keep_sequencing(&self) {
        loop {
            if let Err(error) = self.sequence().await {
                tracing::error!(%error, service = self.shared.service, "events could not be given their positions; trying again");
                tokio::time::sleep(RETRY).await;
            }
            // The time running out is the poll: it finds what other replicas left.
            let _notified_or_poll = timeout(POLL, self.shared.unsequenced.notified()).await;
        }
    }

    /// Hears from other replicas' sequencers. When it cannot, readers fall back on the poll.
    async fn keep_listening(&self) {
        loop {
            if let Err(error) = self.listen().await {
                tracing::warn!(%error, service = self.shared.service, "cannot listen for new events; polling for them");
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn listen(&self) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.connections).await?;
        listener.listen(store::CHANNEL).await?;
        loop {
            let notification = listener.recv().await?;
            if let Ok(position) = notification.payload().parse() {
                self.shared.head_is(position);
            }
        }
    }

    /// Gives every event that is committed now its position.
    pub(crate) async fn sequence(&self) -> Result<(), db::Error> {
        loop {
            let (waiting, head) = store::sequence_status(&self.connections).await?;
            self.shared.head_is(head);
            if !waiting {
                return Ok(());
            }
            let head = store::sequence_batch(&self.connections).await?;
            self.shared.head_is(head);
        }
    }
}
