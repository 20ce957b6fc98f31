//! Requests that come as a stream of messages.

use std::time::Duration;

use proto::Reason;
use server::ApiError;
use service::RuleViolation;
use tonic::{Status, Streaming};

/// Violations of a stream that one answer names.
pub(crate) const VIOLATIONS_MAX: usize = 20;

/// The messages of a stream, each of which must come within a time.
pub(crate) struct Messages<M> {
    stream: Streaming<M>,
    timeout: Duration,
}

impl<M> Messages<M> {
    pub(crate) fn new(stream: Streaming<M>, timeout: Duration) -> Self {
        Self { stream, timeout }
    }

    /// The next message; `None` at the end. Errors when none comes in time, or the stream breaks off.
    pub(crate) async fn next(&mut self) -> Result<Option<M>, Status> {
        match tokio::time::timeout(self.timeout, self.stream.message()).await {
            Ok(Ok(None)) => {
                // tonic reports a stream whose caller cancelled like a complete one. The transport drops a cancelled call as soon as the call waits, so
                // it waits once: otherwise half a stream would be taken for the whole.
                tokio::task::yield_now().await;
                Ok(None)
            }
            Ok(message) => message,
            Err(_) => Err(StreamViolation::Silent(self.timeout).error().into()),
        }
    }
}

/// A limit of streams that a request exceeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StreamViolation {
    /// The stream has more of `what` than `max`.
    TooLarge { what: &'static str, max: usize },
    /// No message came for this long.
    Silent(Duration),
}

impl RuleViolation for StreamViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::TooLarge { what, max } => {
                let message = format!("{what} is larger than {max}, the most that the service takes in one request");
                ApiError::new(Reason::StreamTooLarge, message).with("max", max)
            }
            Self::Silent(timeout) => {
                ApiError::new(Reason::StreamSilent, format!("no message came for {timeout:?}; send the stream again"))
            }
        }
    }
}
