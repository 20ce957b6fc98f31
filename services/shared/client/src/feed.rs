//! Reads a service's feed.

use std::time::Duration;

use proto::feed::v1::{Earliest, ReadRequest, ReadResponse, feed_service_client::FeedServiceClient, read_request::From as Start};
use tokio::time::{sleep, timeout};
use tonic::{Code, Status, Streaming};

use crate::{Backoff, Connection};

/// Longest wait for a response. Services send a heartbeat more often than that.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// A place in a feed: after an event, or at the beginning (the default).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedCursor {
    /// The cursor of the response that ended with the event. Empty at the beginning.
    pub cursor: String,
    /// The event's position. 0 at the beginning.
    pub position: i64,
}

/// Why a feed cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The service does not hold the event of the cursor, for example after a restore. It will not hold it later either.
    #[error("the service refused the cursor: {}", .0.message())]
    CursorUnknown(Status),
    /// The service broke its promise that positions increase.
    #[error("the service sent position {found} after {last}")]
    Order {
        /// The position before.
        last: i64,
        /// The position that came.
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
    /// Of the last response of this stream.
    head_position: Option<i64>,
    /// Whether this stream brought what the one before did not.
    progressed: bool,
    failures: u32,
    backoff: Backoff,
}

impl FeedReader {
    /// Reads what comes after the cursor, and waits for more.
    pub fn follow(connection: Connection, after: FeedCursor) -> Self {
        Self::new(connection, after, false)
    }

    /// Reads from the cursor to the newest event that the service holds.
    pub fn to_head(connection: Connection, after: FeedCursor) -> Self {
        Self::new(connection, after, true)
    }

    fn new(connection: Connection, cursor: FeedCursor, stop_at_head: bool) -> Self {
        let backoff = connection.retry().backoff();
        Self { connection, cursor, stop_at_head, stream: None, head_position: None, progressed: false, failures: 0, backoff }
    }

    /// The place after the last event that [`Self::next`] gave.
    pub fn cursor(&self) -> &FeedCursor {
        &self.cursor
    }

    /// The next response; one without events is a heartbeat. `None` when the feed was read to its head.
    ///
    /// A future that is dropped loses nothing. After [`FeedError::Call`] the reader can be asked again, and reads on from its cursor.
    pub async fn next(&mut self) -> Result<Option<ReadResponse>, FeedError> {
        loop {
            let status = match self.receive().await {
                Ok(Some(response)) => return self.take(response).map(Some),
                Ok(None) if self.stop_at_head && self.head_position.is_some_and(|head| self.cursor.position >= head) => {
                    return Ok(None);
                }
                // Streams end by themselves before the connection grows too old.
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
        // To the head, a heartbeat is not enough: the events up to it must come.
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

/// Whether a stream may be read when it is tried again. Reading has no effect, so these are more codes than those of [`crate::Retry`]: a connection that
/// breaks in the middle of a stream comes as UNKNOWN, INTERNAL or CANCELLED.
fn can_pass(code: Code) -> bool {
    use Code::{Aborted, Cancelled, DeadlineExceeded, Internal, ResourceExhausted, Unavailable, Unknown};
    matches!(code, Aborted | Cancelled | DeadlineExceeded | Internal | ResourceExhausted | Unavailable | Unknown)
}
