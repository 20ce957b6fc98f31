//! `FeedService.Read` sends pages from the database while there are events, then waits for more.

use proto::Reason;
use std::pin::Pin;

use pb::{ReadRequest, ReadResponse, feed_service_server::FeedService, read_request::From};
use prost::Message;
use proto::feed::v1 as pb;
use tokio::{
    sync::mpsc,
    time::{Duration, Instant, sleep_until},
};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::{Feed, cursor::Cursor, store};

/// Most events of one response.
const RESPONSE_EVENTS_MAX: i64 = 500;
/// Most bytes of one response's events, unless one alone is larger. 128 readers that do not read hold 110 MiB together.
const RESPONSE_BYTES_MAX: usize = 256 * 1024;
/// Most responses that wait for a slow reader; then nothing more is read from the database.
const RESPONSES_WAITING_MAX: usize = 1;
/// Shortest time until new events are sent after a response with all events so far. Readers commit each response, and a busy service commits hundreds of times
/// in a second.
const RESPONSE_INTERVAL_MIN: Duration = Duration::from_millis(20);
/// Interval at which a stream reads the head from the database, in case no notification came.
const POLL: Duration = Duration::from_secs(1);

/// Serves a [`Feed`].
pub struct FeedServer(pub(crate) Feed);

#[tonic::async_trait]
impl FeedService for FeedServer {
    type ReadStream = Pin<Box<dyn Stream<Item = Result<ReadResponse, Status>> + Send>>;

    async fn read(&self, request: Request<ReadRequest>) -> Result<Response<Self::ReadStream>, Status> {
        let feed = self.0.clone();
        let request = request.into_inner();
        if feed.0.drain.is_cancelled() {
            return Err(failure(Reason::TryAgainUnavailable, "the service is shutting down; read again from the same cursor"));
        }
        let permit = std::sync::Arc::clone(&feed.0.streams).try_acquire_owned().map_err(|_| {
            failure(Reason::TryAgainResourceExhausted, "the service has the maximum number of feed streams; try again later")
        })?;
        let reading = Reading::begin(feed, request).await?;
        let (responses, receiver) = mpsc::channel(RESPONSES_WAITING_MAX);
        tokio::spawn(async move {
            reading.run(responses).await;
            drop(permit);
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

/// One stream.
struct Reading {
    feed: Feed,
    epoch: String,
    /// Position of the last event sent, or of the start.
    position: i64,
    cursor: String,
    /// Events that may still be sent.
    remaining: i64,
    /// With `stop_at_head`, the position at which it ends: the head when it began, so that it ends even while writers go on.
    stop_position: Option<i64>,
}

impl Reading {
    async fn begin(feed: Feed, request: ReadRequest) -> Result<Self, Status> {
        if request.limit < 0 {
            return Err(field("limit", "must not be negative; 0 means no limit"));
        }
        let from = request.from.ok_or_else(|| field("from", "one of earliest, latest and cursor must be set"))?;
        // The stream includes every event that its caller knows to be committed.
        let head = feed.head_after_all().await.map_err(|error| database(&error))?;
        let (position, cursor) = match from {
            From::Earliest(_) => (0, String::new()),
            From::Latest(_) => (head.position, cursor_of(&head.epoch, head.position, &head.event_id)),
            From::Cursor(text) if text.is_empty() => {
                return Err(field("cursor", "is empty; read from earliest"));
            }
            From::Cursor(text) => {
                let cursor = Cursor::parse(&text).ok_or_else(malformed)?;
                if cursor.epoch != head.epoch {
                    return Err(unknown());
                }
                let known = event_id(&feed, cursor.position).await?;
                if known.as_ref() != Some(&cursor.event_id) {
                    return Err(unknown());
                }
                (cursor.position, text)
            }
        };
        let remaining = if request.limit == 0 { i64::MAX } else { request.limit };
        let stop_position = request.stop_at_head.then_some(head.position);
        Ok(Self { feed, epoch: head.epoch, position, cursor, remaining, stop_position })
    }

    async fn run(mut self, responses: mpsc::Sender<Result<ReadResponse, Status>>) {
        let feed = self.feed.clone();
        let end = Instant::now() + feed.0.options.stream_age_max;
        let result = tokio::select! {
            // The reader is gone, the stream is too old, or the feed drains. The reader continues from its cursor.
            () = responses.closed() => Ok(()),
            () = sleep_until(end) => Ok(()),
            () = feed.0.drain.cancelled() => Ok(()),
            result = self.send_all(&responses) => result,
        };
        if let Err(status) = result {
            let _gone = responses.send(Err(status)).await;
        }
    }

    async fn send_all(&mut self, responses: &mpsc::Sender<Result<ReadResponse, Status>>) -> Result<(), Status> {
        let heartbeat = self.feed.0.options.heartbeat;
        let mut head = self.feed.0.shared.head.subscribe();
        let mut sent: Option<Instant> = None;
        let mut next = Instant::now();
        loop {
            while !self.is_done() && *head.borrow_and_update() > self.position {
                sleep_until(next).await;
                let known = *head.borrow_and_update();
                if !self.send_page(responses).await? {
                    break;
                }
                let now = Instant::now();
                sent = Some(now);
                next = if self.position < known { now } else { now + RESPONSE_INTERVAL_MIN };
            }
            let stop = self.is_done();
            // The first response comes at once, even without events; heartbeats follow.
            if sent.is_none_or(|sent| !stop && sent.elapsed() >= heartbeat) {
                send(responses, self.response(Vec::new())).await;
                sent = Some(Instant::now());
            }
            if stop {
                return Ok(());
            }
            let poll = Instant::now() + POLL.min(heartbeat);
            tokio::select! {
                _changed = head.changed() => {}
                () = sleep_until(poll) => {
                    let now = self.feed.head().await.map_err(|error| database(&error))?;
                    if now.epoch != self.epoch {
                        return Err(unknown());
                    }
                }
            }
        }
    }

    fn is_done(&self) -> bool {
        self.remaining == 0 || self.stop_position.is_some_and(|stop| self.position >= stop)
    }

    /// Reads a page when a response has room, and sends it. False when there are no events.
    async fn send_page(&mut self, responses: &mpsc::Sender<Result<ReadResponse, Status>>) -> Result<bool, Status> {
        // When the reader is gone, the stream ends at its next wait.
        let _room = responses.reserve().await.map(drop);
        let (after, events_max) = (self.position, self.remaining.min(RESPONSE_EVENTS_MAX));
        let bytes_max = i64::try_from(RESPONSE_BYTES_MAX).expect("256 KiB fit");
        let page = self
            .feed
            .0
            .pool
            .read(move |mut tx| Box::pin(async move { store::event_page(&mut tx, after, events_max, bytes_max).await }));
        let page = page.await.map_err(|error| database(&error))?;
        // The connection is released here, so a slow reader keeps none.
        let any = !page.is_empty();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for event in page {
            if event.epoch != self.epoch {
                return Err(unknown());
            }
            let event_bytes = event.encoded_len() + 8;
            if !batch.is_empty() && bytes + event_bytes > RESPONSE_BYTES_MAX {
                let full = self.response(std::mem::take(&mut batch));
                send(responses, full).await;
                bytes = 0;
            }
            bytes += event_bytes;
            batch.push(event);
        }
        if any {
            let last = self.response(batch);
            send(responses, last).await;
        }
        Ok(any)
    }

    /// A response with these events; the stream's position is then that of the last one.
    fn response(&mut self, events: Vec<pb::Event>) -> ReadResponse {
        if let Some(last) = events.last() {
            self.position = last.position;
            self.cursor = cursor_of(&self.epoch, last.position, &last.id);
            self.remaining -= i64::try_from(events.len()).expect("a page's length fits");
        }
        let head_position = (*self.feed.0.shared.head.borrow()).max(self.position);
        let server_time = Some(time::Instant::from_machine().to_proto());
        ReadResponse { events, cursor: self.cursor.clone(), head_position, server_time }
    }
}

async fn event_id(feed: &Feed, position: i64) -> Result<Option<String>, Status> {
    let found = feed.0.pool.read(move |mut tx| Box::pin(async move { store::find_event_id(&mut tx, position).await }));
    found.await.map_err(|error| database(&error))
}

async fn send(responses: &mpsc::Sender<Result<ReadResponse, Status>>, response: ReadResponse) {
    // When the reader is gone, the stream ends at its next wait.
    let _gone = responses.send(Ok(response)).await;
}

fn cursor_of(epoch: &str, position: i64, event_id: &str) -> String {
    if position == 0 {
        return String::new();
    }
    Cursor { epoch: epoch.to_owned(), position, event_id: event_id.to_owned() }.to_string()
}

/// For a text that is not a cursor.
fn malformed() -> Status {
    let message = "the text is not a cursor of a feed; send the cursor of a response unchanged, or read from earliest";
    failure(Reason::CursorUnknown, message)
}

/// For a cursor of another history.
fn unknown() -> Status {
    let message = "the service does not have the event of the cursor, because its history is another one, for example after a restore; read from earliest";
    failure(Reason::CursorUnknown, message)
}

fn database(error: &db::Error) -> Status {
    if error.is_transient() {
        tracing::warn!(%error, "the feed could not be read");
        return failure(Reason::TryAgainUnavailable, "the database is not available now; read again from the same cursor");
    }
    tracing::error!(error = error as &dyn std::error::Error, "the feed could not be read");
    failure(Reason::Internal, "the service failed; its log says why")
}

fn field(name: &str, description: &str) -> Status {
    let mut details = ErrorDetails::with_error_info(Reason::FieldInvalid.as_str(), "mathshubs", std::collections::HashMap::new());
    details.add_bad_request_violation(name, description);
    Status::with_error_details(Reason::FieldInvalid.code(), format!("{name}: {description}"), details)
}

fn failure(reason: Reason, message: &str) -> Status {
    let details = ErrorDetails::with_error_info(reason.as_str(), "mathshubs", std::collections::HashMap::new());
    Status::with_error_details(reason.code(), message, details)
}
