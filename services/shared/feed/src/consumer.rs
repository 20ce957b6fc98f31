//! A consumer: applies another service's events and advances its cursor, in one transaction, so that effects happen once.

use proto::Reason;
use std::{sync::Arc, time::Duration};

use db::{Pool, Tx};
use futures::future::BoxFuture;
use pb::{ReadRequest, ReadResponse, feed_service_client::FeedServiceClient, read_request::From};
use proto::feed::v1 as pb;
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status, metadata::MetadataMap, transport::Channel};
use tonic_types::StatusExt;
use tracing::{Instrument, Span, field::Empty};

use crate::{ConsumerStatus, ConsumerWatch, store};

/// First and longest pause before trying again; each is twice the one before.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A stream on which nothing comes for so long, not even a heartbeat, is dead.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// What a service does with the events of another.
pub trait Apply: Send + Sync + 'static {
    /// Applies events, in their order; they are from one response, at most 500. Their cursor moves in the same transaction. An event of a type
    /// that does not concern the service is passed over; one that concerns it and cannot be applied is an error, at which the consumer stops.
    fn apply<'t>(&'t self, tx: &'t mut Tx<'_>, events: &'t [pb::Event]) -> BoxFuture<'t, Result<(), ApplyError>>;

    /// Called before the first events of a history, in their transaction: of a new consumer, or of one whose cursor was emptied because the service
    /// was restored. Whatever would not be told again must go.
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
    /// An event says what cannot be.
    #[error("the event {id} at position {position} ({type}) cannot be applied: {why}", r#type = .r#type)]
    Event {
        /// The event's id.
        id: String,
        /// Its position.
        position: i64,
        /// Its type.
        r#type: String,
        /// What is wrong with it.
        why: String,
    },
    /// The database of the consumer failed. It is tried again when that may help.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl ApplyError {
    /// For an event that cannot be applied.
    pub fn event(event: &pb::Event, why: impl std::fmt::Display) -> Self {
        Self::Event { id: event.id.clone(), position: event.position, r#type: event.r#type.clone(), why: why.to_string() }
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

type Authorise = Box<dyn Fn(&mut MetadataMap) + Send + Sync>;

/// Reads the feed of one other service. It reads from its stored cursor, or from the earliest event when it has none.
pub struct Consumer {
    pool: Pool,
    consumer: &'static str,
    source: &'static str,
    channel: Channel,
    authorise: Authorise,
    apply: Arc<dyn Apply>,
    status: watch::Sender<ConsumerStatus>,
}

/// Why a stream was left.
enum Left {
    /// It ended by itself, or the cursor was moved by somebody else: read on.
    Ended,
    /// Something failed that may pass.
    Failed(String),
    /// A person is needed.
    Stopped(String),
}

impl Consumer {
    /// Of the service called `source`, at `channel`, for the tables in `pool`, which are the service's called `consumer`: labels of the metrics, of
    /// which `source` also names the stored cursor. `authorise` puts the bearer token into each call's metadata.
    pub fn new(
        pool: Pool,
        consumer: &'static str,
        source: &'static str,
        channel: Channel,
        authorise: impl Fn(&mut MetadataMap) + Send + Sync + 'static,
        apply: impl Apply,
    ) -> Self {
        let (status, _) = watch::channel(ConsumerStatus::default());
        Self { pool, consumer, source, channel, authorise: Box::new(authorise), apply: Arc::new(apply), status }
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
        let mut pause = PAUSE_MIN;
        loop {
            match self.read(&mut pause).await {
                Left::Ended => {}
                Left::Failed(why) => {
                    tracing::warn!(
                        source = self.source,
                        why,
                        pause_ms = pause.as_millis(),
                        "a feed cannot be read now; trying again"
                    );
                }
                Left::Stopped(why) => {
                    tracing::error!(source = self.source, why, "a consumer stopped, and goes on only after a person has looked");
                    metrics::gauge!("feed_consumer_stopped", "consumer" => self.consumer, "source" => self.source).set(1.0);
                    self.status.send_modify(|status| status.stopped = Some(why));
                    return std::future::pending().await;
                }
            }
            // The machine's clock is chance enough that many consumers do not come back at once.
            let jitter = time::Instant::from_machine().micros().unsigned_abs() % 1_000;
            tokio::time::sleep(pause / 2 + pause * u32::try_from(jitter).expect("below 1,000") / 2_000).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// One stream, from the stored cursor to its end.
    async fn read(&self, pause: &mut Duration) -> Left {
        let (mut cursor, mut position) = match self.stored_cursor().await {
            Ok(stored) => stored,
            Err(error) => return failed(&error),
        };
        self.progress(|status| status.position = position);
        let from = if cursor.is_empty() { From::Earliest(pb::Earliest {}) } else { From::Cursor(cursor.clone()) };
        let mut request = Request::new(ReadRequest { from: Some(from), limit: 0, stop_at_head: false });
        (self.authorise)(request.metadata_mut());
        let mut client = FeedServiceClient::new(self.channel.clone());
        let mut responses = match timeout(SILENCE_MAX, client.read(request)).await {
            Ok(Ok(response)) => response.into_inner(),
            Ok(Err(status)) => return refused(&status),
            Err(_) => return Left::Failed("the service does not answer".to_owned()),
        };
        loop {
            let response = match timeout(SILENCE_MAX, responses.message()).await {
                Ok(Ok(Some(response))) => response,
                Ok(Ok(None)) => return Left::Ended,
                Ok(Err(status)) => return refused(&status),
                Err(_) => return Left::Failed("the stream fell silent".to_owned()),
            };
            // It works: the next failure is a new one.
            *pause = PAUSE_MIN;
            let head = response.head_position;
            if !response.events.is_empty() {
                let next = (response.cursor.clone(), response.events.last().map_or(position, |event| event.position));
                let span = self.span(&response);
                let applied = self.apply_response(response, cursor, position).instrument(span.clone()).await;
                if let Err(error) = &applied {
                    span.record("error.type", error.kind()).record("otel.status_code", "ERROR");
                    span.record("otel.status_description", error.to_string());
                }
                match applied {
                    Ok(true) => (cursor, position) = next,
                    // Somebody else applied these: begin again where they are.
                    Ok(false) => return Left::Ended,
                    Err(ApplyError::Database(error)) => return failed(&error),
                    Err(error) => return Left::Stopped(error.to_string()),
                }
            }
            self.progress(|status| {
                status.position = position;
                status.head_position = head.max(position);
            });
        }
    }

    async fn stored_cursor(&self) -> Result<(String, i64), db::Error> {
        let source = self.source;
        let stored = self.pool.read(move |mut tx| Box::pin(async move { store::find_cursor(&mut tx, source).await })).await?;
        if let Some(stored) = stored {
            return Ok(stored);
        }
        self.pool.write(move |mut tx| Box::pin(async move { store::cursor_begin(&mut tx, source).await })).await?;
        Ok((String::new(), 0))
    }

    /// Applies what a response holds and moves the cursor, in one transaction. False when the cursor was elsewhere and nothing was applied.
    async fn apply_response(&self, response: ReadResponse, cursor: String, position: i64) -> Result<bool, ApplyError> {
        let (source, apply) = (self.source, Arc::clone(&self.apply));
        let mut before = position;
        for event in &response.events {
            if event.position <= before {
                return Err(ApplyError::event(event, format!("it comes after position {before}")));
            }
            before = event.position;
        }
        let job = self.pool.write(move |mut tx| {
            Box::pin(async move {
                // First, and under a condition: a job whose caller was aborted may still run when its successor begins.
                if !store::cursor_advance(&mut tx, source, &cursor, &response.cursor, before).await? {
                    return Ok(false);
                }
                if cursor.is_empty() {
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

fn failed(error: &db::Error) -> Left {
    if error.is_transient() { Left::Failed(error.to_string()) } else { Left::Stopped(error.to_string()) }
}

/// A cursor that the server does not know will not be known later. Everything else may pass, a token that was refused too.
fn refused(status: &Status) -> Left {
    let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    if status.code() == Code::FailedPrecondition && reason == Reason::CursorUnknown.as_str() {
        return Left::Stopped(format!("the service refused the cursor: {}", status.message()));
    }
    Left::Failed(format!("{}: {}", status.code(), status.message()))
}
