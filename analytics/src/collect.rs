//! Collect: reads every feed from its cursor to its head into the lake.

use std::path::Path;

use client::{Connection, FeedCursor, FeedError, FeedReader};
use futures::future::try_join_all;
use time::Instant;

use crate::{
    Error,
    lake::{Batch, Lake, Positions, SourceEntry},
};

/// Events of one feed after which a run requests no further response; the next run reads the rest, so that memory is bounded.
const EVENTS_PER_RUN_MAX: usize = 250_000;
/// Bytes of payload after which a run requests no further response.
const PAYLOAD_BYTES_PER_RUN_MAX: usize = 256 * 1024 * 1024;

/// A service: the source of a feed, or the receiver of figures.
#[derive(Debug, Clone)]
pub struct Source {
    /// `network`, `enrolment`, `specialists` or `funding`: the folder in the lake.
    pub name: &'static str,
    /// A connection to the service, with a token that may read its feed.
    pub connection: Connection,
}

impl Source {
    pub(crate) fn error(&self, status: tonic::Status) -> Error {
        Error::Call { feed: self.name.to_owned(), status: Box::new(status) }
    }
}

/// The result of a collect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collected {
    /// In the order of the given sources.
    pub sources: Vec<CollectedSource>,
    /// The last collected position of each feed. Figures that are measured up to these positions can be measured again on a later day.
    pub positions: Positions,
}

/// The result of a collect for one feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectedSource {
    /// The service.
    pub name: &'static str,
    /// Number of new events.
    pub events_count: u64,
    /// Position of the last event in the lake; 0 when there is none.
    pub last_position: i64,
}

/// Reads every feed from the lake's cursor to its head. Files and manifest are committed together, run by run; after an error the lake has the
/// committed runs, and the next collect continues from there. Refuses a feed whose epoch is not the lake's.
pub async fn collect(lake: &Path, sources: &[Source], now: Instant) -> Result<Collected, Error> {
    let root = lake.to_owned();
    let mut lake = blocking(move || Lake::open(&root)).await?;
    let mut collected: Vec<CollectedSource> =
        sources.iter().map(|source| CollectedSource { name: source.name, events_count: 0, last_position: 0 }).collect();
    loop {
        let read = try_join_all(sources.iter().map(|source| read(source, lake.manifest().sources.get(source.name)))).await?;
        let more = read.iter().any(|read| !read.at_head);
        for (collected, read) in collected.iter_mut().zip(&read) {
            collected.events_count += read.batch.events.len() as u64;
        }
        let batches: Vec<Batch> = read.into_iter().map(|read| read.batch).collect();
        lake = blocking(move || {
            lake.append(&batches, now)?;
            Ok(lake)
        })
        .await?;
        if !more {
            break;
        }
    }
    for collected in &mut collected {
        collected.last_position = lake.manifest().sources.get(collected.name).map_or(0, |source| source.last_position);
    }
    Ok(Collected { sources: collected, positions: lake.manifest().positions() })
}

struct Read {
    batch: Batch,
    at_head: bool,
}

/// Reads one feed until its head or the run's limit.
async fn read(source: &Source, entry: Option<&SourceEntry>) -> Result<Read, Error> {
    let mut epoch = entry.map(|entry| entry.epoch.clone()).unwrap_or_default();
    let from = entry.map(|entry| FeedCursor { cursor: entry.cursor.clone(), position: entry.last_position }).unwrap_or_default();
    let mut feed = FeedReader::to_head(source.connection.clone(), from);
    let (mut events, mut payload_bytes, mut at_head) = (Vec::new(), 0, false);
    while events.len() < EVENTS_PER_RUN_MAX && payload_bytes < PAYLOAD_BYTES_PER_RUN_MAX {
        let Some(response) = feed.next().await.map_err(|error| refusal(source, error))? else {
            at_head = true;
            break;
        };
        for event in response.events {
            if epoch.is_empty() {
                epoch.clone_from(&event.epoch);
            }
            if event.epoch != epoch {
                return Err(Error::EpochChanged { feed: source.name.to_owned(), collected: epoch, found: event.epoch });
            }
            payload_bytes += event.payload.len();
            events.push(event);
        }
    }
    let batch = Batch { source: source.name.to_owned(), cursor: feed.cursor().cursor.clone(), events };
    Ok(Read { batch, at_head })
}

fn refusal(source: &Source, error: FeedError) -> Error {
    let feed = source.name.to_owned();
    match error {
        FeedError::CursorUnknown(status) => Error::CursorUnknown { feed, message: status.message().to_owned() },
        FeedError::Order { last, found } => Error::Order { feed, last, found },
        FeedError::Call(status) => source.error(status),
    }
}

/// Runs work that may wait for the disk on a blocking thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Interrupted(error.to_string()))?
}
