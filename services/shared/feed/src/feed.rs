//! A service's own feed: opened with its pool, and served.

use std::{sync::Arc, time::Duration};

use db::Pool;
use pb::feed_service_server::FeedServiceServer;
use proto::feed::v1 as pb;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    Actor, Cause, FeedServer, append,
    append::{EventFlush, Shared},
    chain::Link,
    sequencer::Sequencer,
    store::{self, Head},
    verify::{VerifyError, verify_newest},
};

/// Most streams that a service serves at the same time, by default.
const STREAMS_MAX: usize = 128;

/// Options of a feed.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name of the service; the label `source` of the metrics.
    pub service: &'static str,
    /// Connections of the pool; see [`db::Options::connections_max`].
    pub connections_max: u32,
    /// Interval of heartbeats on a stream without events.
    pub heartbeat: Duration,
    /// Maximum age of a stream, so that load spreads again and connections can end. Less than the connection's maximum age.
    pub stream_age_max: Duration,
    /// Most streams at the same time; more are refused.
    pub streams_max: usize,
}

impl Options {
    /// The defaults: a heartbeat every 5 seconds, at most 128 streams of at most 4 minutes.
    pub fn new(service: &'static str) -> Self {
        let (heartbeat, stream_age_max) = (Duration::from_secs(5), Duration::from_secs(240));
        Self { service, connections_max: 8, heartbeat, stream_age_max, streams_max: STREAMS_MAX }
    }
}

/// A service's feed. A clone shares it.
#[derive(Clone)]
pub struct Feed(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) pool: Pool,
    pub(crate) shared: Arc<Shared>,
    pub(crate) sequencer: Option<Sequencer>,
    pub(crate) options: Options,
    pub(crate) drain: CancellationToken,
    pub(crate) streams: Arc<Semaphore>,
    clock: time::Clock,
    ids: time::Ids,
}

/// Opens a service's pool with its feed: adds the feed's tables and the flush that writes events. `clock` and `ids` give the start and the id of the
/// epoch of a new database. Errors as [`Pool::open`], and when one of the newest 1,000 events is not as it was recorded.
pub async fn open(
    url: &str,
    migrations: &[db::Migration],
    clock: time::Clock,
    ids: time::Ids,
    options: Options,
) -> Result<(Pool, Feed), VerifyError> {
    let shared = Shared::new(options.service);
    let mut pool_options = db::Options::new(migrations);
    pool_options.migrations.extend_from_slice(crate::MIGRATIONS);
    pool_options.flush = Arc::new(EventFlush(Arc::clone(&shared)));
    pool_options.connections_max = options.connections_max;
    let pool = Pool::open(url, pool_options).await?;
    let now = clock.now();
    let epoch = ids.next(now);
    pool.write(move |mut tx| Box::pin(async move { store::epoch_begin(&mut tx, &epoch, now).await }))
        .await
        .map_err(VerifyError::Database)?;
    let head = verify_newest(&pool).await?;
    shared.head_is(head.position);
    if !pool.is_postgres() {
        shared.chain_head_is(Link { position: head.position, hash: head.hash });
    }
    let sequencer = Sequencer::new(&pool, Arc::clone(&shared));
    let streams = Arc::new(Semaphore::new(options.streams_max));
    let drain = CancellationToken::new();
    let inner = Inner { pool: pool.clone(), shared, sequencer, options, drain, streams, clock, ids };
    Ok((pool, Feed(Arc::new(inner))))
}

impl Feed {
    /// `FeedService`, for the service's router.
    pub fn service(&self) -> FeedServiceServer<FeedServer> {
        FeedServiceServer::new(FeedServer(self.clone()))
    }

    /// Runs until shutdown, then ends the streams ([`Feed::drain`]). On PostgreSQL it gives committed events their positions meanwhile. Every replica runs
    /// it.
    pub async fn run(self, shutdown: CancellationToken) {
        match &self.0.sequencer {
            Some(sequencer) => sequencer.run(&shutdown).await,
            None => shutdown.cancelled().await,
        }
        self.drain();
    }

    /// Ends the open streams and rejects new ones. Clients continue at another replica, from the last cursor that they got.
    pub fn drain(&self) {
        self.0.drain.cancel();
    }

    /// The position of the newest event, of all that were committed before the call: those without a position get one first.
    pub async fn head_position(&self) -> Result<i64, db::Error> {
        Ok(self.head_after_all().await?.position)
    }

    /// Errors, with the cause in one sentence, when the database cannot be used now: see [`Pool::check`].
    pub async fn check(&self) -> Result<(), String> {
        self.0.pool.check().await?;
        self.head_position().await.map(drop).map_err(|error| error.to_string())
    }

    /// The newest event, after all committed events have got their positions.
    pub(crate) async fn head_after_all(&self) -> Result<Head, db::Error> {
        if let Some(sequencer) = &self.0.sequencer {
            sequencer.sequence().await?;
        }
        self.head().await
    }

    /// The newest event that has a position.
    pub(crate) async fn head(&self) -> Result<Head, db::Error> {
        let head = self.0.pool.read(|mut tx| Box::pin(async move { store::head(&mut tx).await })).await?;
        self.0.shared.head_is(head.position);
        Ok(head)
    }

    /// Begins a new history: every earlier cursor is rejected from now on. For a database that was restored from a copy, before it is served. An event has
    /// the newest event of the copy, so that readers see where the history continues.
    pub async fn start_new_epoch(&self) -> Result<(), db::Error> {
        let head = self.head_after_all().await?;
        let restored =
            pb::HistoryRestored { position: head.position, event: head.event_id.clone(), hash: head.hash.unwrap_or_default() };
        let now = self.0.clock.now();
        let epoch = self.0.ids.next(now);
        let (actor, request_id, traceparent) = (Actor::service(self.0.options.service), String::new(), String::new());
        let cause = Cause { actor, confirmer: None, request_id, traceparent, recorded: now };
        let ids = self.0.ids.clone();
        let job = self.0.pool.write(move |mut tx| {
            Box::pin(async move {
                store::epoch_replace(&mut tx, &epoch, now).await?;
                append(&mut tx, &ids, &cause, &format!("epochs/{epoch}"), 1, now, &restored);
                Ok(())
            })
        });
        job.await
    }

    /// Makes the service's consumer of `source` read that feed from its beginning when the service is opened next, because the feed has another history
    /// now. The service must not run. False when it never read such a feed.
    pub async fn read_again(&self, source: String) -> Result<bool, db::Error> {
        self.0.pool.write(move |mut tx| Box::pin(async move { store::cursor_clear(&mut tx, &source).await })).await
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Feed({})", self.0.options.service)
    }
}
