//! The sequencer: on PostgreSQL, events get their positions after they are committed.
//!
//! Transactions commit in another order than the one in which they began. With positions given at the insert, a reader could read past a gap and miss the
//! event that fills it later. So one transaction at a time, under an advisory lock, gives positions to the events that are committed. Several replicas may
//! run a sequencer; the lock lets them take turns, and PostgreSQL releases it when a replica dies.

use std::{sync::Arc, time::Duration};

use db::Pool;
use sqlx::{PgPool, postgres::PgListener};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{append::Shared, store};

/// Interval at which the sequencer looks for events of replicas that died.
const POLL: Duration = Duration::from_millis(100);
/// Pause after an error.
const RETRY: Duration = Duration::from_millis(500);
/// Connections: for the sequencer, for the listener, and for a caller that reads the head.
const CONNECTIONS: u32 = 3;

pub(crate) struct Sequencer {
    /// A separate pool, because all readers wait for the sequencer and it must not queue behind callers.
    connections: PgPool,
    pool: Pool,
    shared: Arc<Shared>,
}

impl Sequencer {
    /// `None` on SQLite, where the writer gives the positions.
    pub(crate) fn new(pool: &Pool, shared: Arc<Shared>) -> Option<Self> {
        Some(Self { connections: pool.postgres_side_pool(CONNECTIONS)?, pool: pool.clone(), shared })
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
                tracing::error!(%error, service = self.shared.service, "events could not get their positions; trying again");
                tokio::time::sleep(RETRY).await;
            }
            // After the timeout it looks for events that other replicas left.
            let _notified_or_poll = timeout(POLL, self.shared.unsequenced.notified()).await;
        }
    }

    /// Listens to the sequencers of other replicas. While it cannot, readers poll.
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

    /// Gives every event that is committed now a position.
    pub(crate) async fn sequence(&self) -> Result<(), db::Error> {
        self.sequence_all().await.inspect_err(|error| self.pool.note(error))
    }

    async fn sequence_all(&self) -> Result<(), db::Error> {
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
