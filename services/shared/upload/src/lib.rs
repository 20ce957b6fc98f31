//! Requests that come as a stream of messages.
//!
//! A stream takes a slot, is received into temporary files, and is read into memory when its turn comes. So the number of streams is bounded, and a slow
//! caller occupies a slot and disk space, but neither memory nor the turn.
#![warn(missing_docs)]

use std::{io, path::Path, sync::Arc, time::Duration};

use proto::Reason;
use server::ApiError;
use service::RuleViolation;
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt},
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
};
use tonic::{Code, Status, Streaming};

/// Violations of a stream that one answer names.
pub const VIOLATIONS_MAX: usize = 20;
/// Slots of one kind of uploads. A clone shares them.
#[derive(Debug, Clone)]
pub struct Slots {
    what: &'static str,
    max: usize,
    free: Arc<Semaphore>,
}

impl Slots {
    /// At most `max` uploads in progress, from the first message to the answer. `what` names them in errors, in the plural.
    pub fn new(what: &'static str, max: usize) -> Self {
        Self { what, max, free: Arc::new(Semaphore::new(max)) }
    }

    /// Takes a slot until it is dropped. OVERLOADED when all are taken.
    pub fn take(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let too_many = |_| StreamViolation::TooMany { what: self.what, max: self.max }.error();
        Arc::clone(&self.free).try_acquire_owned().map_err(too_many)
    }
}

/// The turn of uploads: one at a time is in memory as a whole, until its transaction ends. A clone shares it.
#[derive(Debug, Clone)]
pub struct Turn(Arc<Semaphore>);

impl Default for Turn {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Turn {
    /// Waits for the turn, which ends when the permit is dropped.
    pub async fn wait(&self) -> SemaphorePermit<'_> {
        self.0.acquire().await.expect("the semaphore is never closed")
    }
}

/// The messages of a stream, each of which must come within a time.
#[derive(Debug)]
pub struct Messages<M> {
    stream: Streaming<M>,
    timeout: Duration,
    message_size_max_bytes: usize,
}

impl<M> Messages<M> {
    /// `message_size_max_bytes` is the limit of the decoder.
    pub fn new(stream: Streaming<M>, timeout: Duration, message_size_max_bytes: usize) -> Self {
        Self { stream, timeout, message_size_max_bytes }
    }

    /// The next message; `None` at the end. Errors when none comes in time, or the stream breaks off.
    pub async fn next(&mut self) -> Result<Option<M>, Status> {
        match tokio::time::timeout(self.timeout, self.stream.message()).await {
            Ok(Ok(None)) => {
                // tonic reports a stream whose caller cancelled like a complete one. The transport drops a cancelled call as soon as the call waits, so
                // it waits once: otherwise half a stream would be taken for the whole.
                tokio::task::yield_now().await;
                Ok(None)
            }
            // The decoder's own errors have no details.
            Ok(Err(status)) if is_size_error(&status) => {
                Err(StreamViolation::MessageTooLarge { max: self.message_size_max_bytes }.error().into())
            }
            Ok(message) => message,
            Err(_) => Err(StreamViolation::Silent(self.timeout).error().into()),
        }
    }
}

fn is_size_error(status: &Status) -> bool {
    matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted) && status.details().is_empty()
}

/// Bytes of a stream in a temporary file. The file has no name, so it is gone when it is closed, also by a crash.
#[derive(Debug)]
pub struct Spool {
    file: File,
    size_bytes: usize,
}

impl Spool {
    /// Without bytes. Errors when the file cannot be made.
    pub async fn create(folder: &Path) -> Result<Self, ApiError> {
        let folder = folder.to_owned();
        let file = blocking(move || tempfile::tempfile_in(folder)).await.map_err(|error| not_stored(&error))?;
        Ok(Self { file: File::from_std(file), size_bytes: 0 })
    }

    /// Errors when the file cannot be written.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), ApiError> {
        self.file.write_all(bytes).await.map_err(|error| not_stored(&error))?;
        self.size_bytes += bytes.len();
        Ok(())
    }

    /// Number of bytes so far.
    pub fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// All bytes, in memory. Errors when the file cannot be read.
    pub async fn into_bytes(mut self) -> Result<Vec<u8>, ApiError> {
        self.read().await.map_err(|error| not_stored(&error))
    }

    async fn read(&mut self) -> io::Result<Vec<u8>> {
        self.file.flush().await?;
        self.file.rewind().await?;
        let mut bytes = Vec::with_capacity(self.size_bytes);
        self.file.read_to_end(&mut bytes).await?;
        Ok(bytes)
    }
}

/// For a full disk, or a folder for temporary files that cannot be written to.
fn not_stored(error: &io::Error) -> ApiError {
    tracing::error!(%error, "a stream could not be kept in a temporary file");
    let message = "the service could not keep the stream in a temporary file; send the same request again later";
    ApiError::new(Reason::TryAgainUnavailable, message)
}

/// Runs work that takes the processor for longer than other requests should wait.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("the work does not panic")
}

/// A limit of streams that a request exceeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamViolation {
    /// `max` streams of this kind are in progress.
    TooMany {
        /// The kind, in the plural.
        what: &'static str,
        /// The number of slots.
        max: usize,
    },
    /// A message has more than `max` bytes.
    MessageTooLarge {
        /// The limit in bytes.
        max: usize,
    },
    /// The stream has more of `what` than `max`.
    TooLarge {
        /// The quantity.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// No message came for this long.
    Silent(Duration),
}

impl RuleViolation for StreamViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::TooMany { what, max } => {
                let message =
                    format!("{max} {what} are in progress, the most that the service takes; send the same request again later");
                ApiError::new(Reason::Overloaded, message).with("max", max)
            }
            Self::MessageTooLarge { max } => {
                ApiError::new(Reason::MessageTooLarge, format!("a message has more than {max} bytes; send less in one message"))
            }
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
