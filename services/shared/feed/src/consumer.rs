//! A consumer: applies another service's events and advances its cursor, in one transaction, so that effects happen once.

use std::{sync::Arc, time::Duration};

use client::{Backoff, Connection, FeedCursor, FeedError, FeedReader, Retry};
use db::{Pool, Tx};
use futures::future::BoxFuture;
use pb::ReadResponse;
use proto::feed::v1 as pb;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, field::Empty};

use crate::{ConsumerStatus, ConsumerWatch, store};

/// First and longest pause before trying again.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The effect of another service's events.
pub trait Apply: Send + Sync + 'static {
    /// Applies events, in their order; they are from one response, at most 500. Their cursor moves in the same transaction. An event of a type
    /// that does not concern the service is passed over; one that concerns it and cannot be applied is an error, at which the consumer stops.
    fn apply<'t>(&'t self, tx: &'t mut Tx<'_>, events: &'t [pb::Event]) -> BoxFuture<'t, Result<(), ApplyError>>;

    /// Called before the first events of a history, in their transaction: of a new consumer, or of one whose cursor was emptied because the service
    /// was restored. State that the feed does not give again must be deleted.
    fn begin<'t>(&'t self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Result<(), ApplyError>> {
        let _nothing = tx;
        Box::pin(async { Ok(()) })
    }
}

impl Apply for Arc<dyn Apply> {
    fn apply<'t>(&'t self, tx: &'t mut Tx<'_>, events: &'t [pb::Event]) -> BoxFuture<'t, Result<(), ApplyError>> {
        (**self).apply(tx, events)
    }

    fn begin<'t>(&'t self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Result<(), ApplyError>> {
        (**self).begin(tx)
    }
}

/// Why events were not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// An event has an impossible content.
    #[error("the event {id} at position {position} ({type}) cannot be applied: {why}", r#type = .r#type)]
    Event {
        /// The event's id.
        id: String,
        /// Its position.
        position: i64,
        /// Its type.
        r#type: String,
        /// The fault of the event.
        why: String,
    },
    /// The database of the consumer failed. It is tried again, unless a constraint refused a row.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl ApplyError {
    /// For an event that cannot be applied.
    pub fn event(event: &pb::Event, why: impl std::fmt::Display) -> Self {
        Self::Event { id: event.id.clone(), position: event.position, r#type: event.r#type.clone(), why: why.to_string() }
    }

    /// True when the event cannot be applied. A constraint that refuses a row refuses it again; every other failure of the database may pass.
    fn is_final(&self) -> bool {
        match self {
            Self::Event { .. } => true,
            Self::Database(error) => error.is_constraint_violation(),
        }
    }

    /// In one word, for traces.
    fn kind(&self) -> &'static str {
        match self {
            Self::Event { .. } => "event",
            Self::Database(_) => "database",
        }
    }
}

/// The payload of an event as the message `M`: None when the event is of another type. Errors when the bytes are no such message.
pub fn payload<M: prost::Message + prost::Name + Default>(event: &pb::Event) -> Result<Option<M>, ApplyError> {
    if event.r#type != M::full_name() {
        return Ok(None);
    }
    decode(event).map(Some)
}

/// The payload of an event whose type is that of the message `M`. Errors when the bytes are no such message.
pub fn decode<M: prost::Message + Default>(event: &pb::Event) -> Result<M, ApplyError> {
    M::decode(event.payload.as_slice()).map_err(|error| ApplyError::event(event, error))
}

/// Reads the feed of one other service. It reads from its stored cursor, or from the earliest event when it has none.
pub struct Consumer {
    pool: Pool,
    consumer: &'static str,
    source: &'static str,
    connection: Connection,
    apply: Arc<dyn Apply>,
    status: watch::Sender<ConsumerStatus>,
}

/// Why a stream ended.
enum StreamEnd {
    /// Another consumer moved the cursor: read on from there.
    Moved,
    /// A failure that may pass.
    Failed(String),
    /// A person is needed.
    Stopped(String),
}

impl Consumer {
    /// Of the service called `source`, behind `connection`, for the tables in `pool`, which are the service's called `consumer`. Both names are labels of
    /// the metrics, and `source` is the key of the stored cursor.
    pub fn new(pool: Pool, consumer: &'static str, source: &'static str, connection: Connection, apply: impl Apply) -> Self {
        let (status, _) = watch::channel(ConsumerStatus::default());
        // Every failure is logged here, and tried again without end.
        let connection = connection.with_retry(Retry::NEVER);
        Self { pool, consumer, source, connection, apply: Arc::new(apply), status }
    }

    /// Watches how far it is. Take one before it runs.
    pub fn watch(&self) -> ConsumerWatch {
        ConsumerWatch { source: self.source, status: self.status.subscribe() }
    }

    /// Reads and applies until shutdown. It never ends before: when it stops at what it cannot apply, it says so (status, metric, log) and waits.
    pub async fn run(self, shutdown: CancellationToken) {
        metrics::gauge!("feed_consumer_stopped", "consumer" => self.consumer, "source" => self.source).set(0.0);
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.keep_reading() => {}
        }
    }

    async fn keep_reading(&self) {
        let mut backoff = Backoff::new(PAUSE_MIN, PAUSE_MAX);
        loop {
            let left = self.read(&mut backoff).await;
            let pause = backoff.next_pause();
            match left {
                StreamEnd::Moved => {}
                StreamEnd::Failed(why) => {
                    tracing::warn!(
                        source = self.source,
                        why,
                        pause_ms = pause.as_millis(),
                        "a feed cannot be read now; trying again"
                    );
                }
                StreamEnd::Stopped(why) => {
                    tracing::error!(source = self.source, why, "a consumer stopped, and goes on only after a person has looked");
                    metrics::gauge!("feed_consumer_stopped", "consumer" => self.consumer, "source" => self.source).set(1.0);
                    self.status.send_modify(|status| status.stopped = Some(why));
                    return std::future::pending().await;
                }
            }
            sleep(pause).await;
        }
    }

    /// Reads from the stored cursor until something fails.
    async fn read(&self, backoff: &mut Backoff) -> StreamEnd {
        let mut cursor = match self.stored_cursor().await {
            Ok(stored) => stored,
            Err(error) => return StreamEnd::Failed(error.to_string()),
        };
        self.progress(|status| status.position = cursor.position);
        let mut reader = FeedReader::follow(self.connection.clone(), cursor.clone());
        loop {
            let response = match reader.next().await {
                Ok(Some(response)) => response,
                // Only a reader to the head comes to an end.
                Ok(None) => return StreamEnd::Moved,
                Err(error @ FeedError::CursorUnknown(_)) => return StreamEnd::Stopped(error.to_string()),
                Err(error) => return StreamEnd::Failed(error.to_string()),
            };
            // The stream works, so the next failure starts with the shortest pause.
            backoff.reset();
            let head = response.head_position;
            if !response.events.is_empty() {
                let span = self.span(&response);
                let applied = self.apply_response(response, cursor, reader.cursor().clone()).instrument(span.clone()).await;
                if let Err(error) = &applied {
                    span.record("error.type", error.kind()).record("otel.status_code", "ERROR");
                    span.record("otel.status_description", error.to_string());
                }
                match applied {
                    Ok(true) => cursor = reader.cursor().clone(),
                    Ok(false) => return StreamEnd::Moved,
                    Err(error) if error.is_final() => return StreamEnd::Stopped(error.to_string()),
                    Err(error) => return StreamEnd::Failed(error.to_string()),
                }
            }
            self.progress(|status| {
                status.position = cursor.position;
                status.head_position = head.max(cursor.position);
            });
        }
    }

    async fn stored_cursor(&self) -> Result<FeedCursor, db::Error> {
        let source = self.source;
        let stored = self.pool.read(move |mut tx| Box::pin(async move { store::find_cursor(&mut tx, source).await })).await?;
        if let Some((cursor, position)) = stored {
            return Ok(FeedCursor { cursor, position });
        }
        self.pool.write(move |mut tx| Box::pin(async move { store::cursor_begin(&mut tx, source).await })).await?;
        Ok(FeedCursor::default())
    }

    /// Applies what a response holds and moves the cursor, in one transaction. False when the cursor was elsewhere and nothing was applied.
    async fn apply_response(&self, response: ReadResponse, before: FeedCursor, after: FeedCursor) -> Result<bool, ApplyError> {
        let (source, apply) = (self.source, Arc::clone(&self.apply));
        let job = self.pool.write(move |mut tx| {
            Box::pin(async move {
                // First, and under a condition: a job whose caller was aborted may still run when its successor begins.
                if !store::cursor_advance(&mut tx, source, &before.cursor, &after.cursor, after.position).await? {
                    return Ok(false);
                }
                if before.cursor.is_empty() {
                    apply.begin(&mut tx).await?;
                }
                apply.apply(&mut tx, &response.events).await?;
                Ok(true)
            })
        });
        job.await
    }

    /// The span in which a response is applied, in the trace of the call that caused its events. Names are those of OpenTelemetry's conventions for
    /// messages.
    fn span(&self, response: &ReadResponse) -> Span {
        let span = tracing::info_span!(
            "process",
            otel.name = format!("process {}", self.source),
            otel.kind = "consumer",
            otel.status_code = Empty,
            otel.status_description = Empty,
            messaging.system = "mathshubs.feed",
            messaging.operation.name = "process",
            messaging.operation.r#type = "process",
            messaging.destination.name = self.source,
            messaging.consumer.group.name = self.consumer,
            messaging.batch.message_count = response.events.len(),
            error.r#type = Empty,
        );
        traceparent::tie(&span, response.events.iter().map(|event| event.traceparent.as_str()));
        span
    }

    fn progress(&self, change: impl FnOnce(&mut ConsumerStatus)) {
        let (mut position, mut head) = (0, 0);
        self.status.send_modify(|status| {
            change(status);
            status.head_position = status.head_position.max(status.position);
            (position, head) = (status.position, status.head_position);
        });
        let labels = [("consumer", self.consumer), ("source", self.source)];
        metrics::gauge!("feed_consumer_position", &labels).set(position as f64);
        metrics::gauge!("feed_consumer_head_position", &labels).set(head as f64);
        metrics::gauge!("feed_consumer_lag_events", &labels).set((head - position) as f64);
    }
}
