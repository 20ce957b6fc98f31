//! Reads a service's feed.

use std::time::Duration;

use proto::feed::v1::{Earliest, ReadRequest, ReadResponse, feed_service_client::FeedServiceClient, read_request::From as Start};
use tokio::time::{sleep, timeout};
use tonic::{Code, Status, Streaming};

use crate::{Backoff, Connection};

/// Maximum wait for a response. Services send heartbeats more often.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// A position in a feed: after an event, or at the beginning (the default).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedCursor {
    /// The cursor of the response that ended with the event. Empty at the beginning.
    pub cursor: String,
    /// The event's position. 0 at the beginning.
    pub position: i64,
}

/// Errors of reading a feed.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The service does not have the event of the cursor, for example after a restore. Retrying does not help.
    #[error("the service refused the cursor: {}", .0.message())]
    CursorUnknown(Status),
    /// The service sent positions that do not increase.
    #[error("the service sent position {found} after {last}")]
    Order {
        /// The position before.
        last: i64,
        /// The position received.
        found: i64,
    },
    /// A call or a stream failed, after as many attempts as the connection's [`crate::Retry`] allows without an event in between.
    #[error("{}: {}", .0.code(), .0.message())]
    Call(Status),
}

/// Reads a feed from a cursor. After a stream ends or breaks, the next one starts after the last event, so that every event comes once.
pub struct FeedReader {
    connection: Connection,
    cursor: FeedCursor,
    stop_at_head: bool,
    stream: Option<Streaming<ReadResponse>>,
    /// Position of the last response of this stream.
    head_position: Option<i64>,
    /// True if this stream gave an event that the one before did not.
    progressed: bool,
    failures: u32,
    backoff: Backoff,
}

impl FeedReader {
    /// Reads events after the cursor, and waits for new ones.
    pub fn follow(connection: Connection, after: FeedCursor) -> Self {
        Self::new(connection, after, false)
    }

    /// Reads events from the cursor to the newest event of the service.
    pub fn to_head(connection: Connection, after: FeedCursor) -> Self {
        Self::new(connection, after, true)
    }

    fn new(connection: Connection, cursor: FeedCursor, stop_at_head: bool) -> Self {
        let backoff = connection.retry().backoff();
        Self { connection, cursor, stop_at_head, stream: None, head_position: None, progressed: false, failures: 0, backoff }
    }

    /// The cursor after the last event that [`Self::next`] returned.
    pub fn cursor(&self) -> &FeedCursor {
        &self.cursor
    }

    /// The next response; a response without events is a heartbeat. `None` when the feed was read to its head.
    ///
    /// Cancel-safe. After [`FeedError::Call`], a further call continues from the cursor.
    pub async fn next(&mut self) -> Result<Option<ReadResponse>, FeedError> {
        loop {
            let status = match self.receive().await {
                Ok(Some(response)) => return self.take(response).map(Some),
                Ok(None) if self.stop_at_head && self.head_position.is_some_and(|head| self.cursor.position >= head) => {
                    return Ok(None);
                }
                // Services end streams before the connection reaches its maximum age.
                Ok(None) if self.progressed => {
                    self.stream = None;
                    continue;
                }
                Ok(None) => Status::unavailable(match self.head_position {
                    Some(head) => format!("the feed's head is {head}, but its stream ends at {}", self.cursor.position),
                    None => "the feed's stream ended without a response".to_owned(),
                }),
                Err(status) => status,
            };
            self.stream = None;
            // Reading has no other precondition.
            if status.code() == Code::FailedPrecondition {
                return Err(FeedError::CursorUnknown(status));
            }
            self.failures += 1;
            if self.failures >= self.connection.retry().attempts_max || !can_pass(status.code()) {
                self.failures = 0;
                return Err(FeedError::Call(status));
            }
            sleep(self.backoff.next_pause()).await;
        }
    }

    async fn receive(&mut self) -> Result<Option<ReadResponse>, Status> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                (self.head_position, self.progressed) = (None, false);
                let from = match self.cursor.cursor.as_str() {
                    "" => Start::Earliest(Earliest {}),
                    cursor => Start::Cursor(cursor.to_owned()),
                };
                let request = ReadRequest { from: Some(from), limit: 0, stop_at_head: self.stop_at_head };
                let mut client = FeedServiceClient::new(self.connection.clone());
                self.stream.insert(answered(client.read(request)).await?.into_inner())
            }
        };
        answered(stream.message()).await
    }

    fn take(&mut self, response: ReadResponse) -> Result<ReadResponse, FeedError> {
        let mut last = self.cursor.position;
        for event in &response.events {
            if event.position <= last {
                self.stream = None;
                return Err(FeedError::Order { last, found: event.position });
            }
            last = event.position;
        }
        if !response.events.is_empty() {
            self.cursor = FeedCursor { cursor: response.cursor.clone(), position: last };
        }
        self.head_position = Some(response.head_position);
        // Reading to the head needs the events up to it; a heartbeat does not suffice.
        if !self.stop_at_head || !response.events.is_empty() {
            self.progressed = true;
            self.failures = 0;
            self.backoff.reset();
        }
        Ok(response)
    }
}

async fn answered<T>(answer: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    let silent = |_| Err(Status::deadline_exceeded(format!("nothing came for {} seconds", SILENCE_MAX.as_secs())));
    timeout(SILENCE_MAX, answer).await.unwrap_or_else(silent)
}

/// True if reading a stream can be retried after this code. Reading has no effect, so these are more codes than those of [`crate::Retry`]: a
/// connection that breaks in the middle of a stream gives UNKNOWN, INTERNAL or CANCELLED.
fn can_pass(code: Code) -> bool {
    use Code::{Aborted, Cancelled, DeadlineExceeded, Internal, ResourceExhausted, Unavailable, Unknown};
    matches!(code, Aborted | Cancelled | DeadlineExceeded | Internal | ResourceExhausted | Unavailable | Unknown)
}
