//! Collect: reads every feed from its cursor to its head into the lake.

use std::{path::Path, sync::Arc};

use futures::future::try_join_all;
use proto::feed::v1::{self as pb, feed_service_client::FeedServiceClient, read_request::From};
use time::Instant;
use tonic::transport::Channel;

use crate::{
    Error,
    lake::{Batch, Lake, Positions, SourceEntry},
};

/// Events that one run takes of one feed; what is beyond comes with the next run, so that memory has a bound.
const EVENTS_PER_RUN_MAX: i64 = 250_000;
/// Bytes of payload after which a run takes no further response.
const PAYLOAD_BYTES_PER_RUN_MAX: usize = 256 * 1024 * 1024;
/// Streams end by themselves; one that ends this often without an event although there are some is broken.
const EMPTY_STREAMS_MAX: u32 = 3;

/// A service whose feed is read, or to which figures are sent.
#[derive(Clone)]
pub struct Source {
    /// `network` or `enrolment`: the folder in the lake.
    pub name: &'static str,
    /// To the service.
    pub channel: Channel,
    /// Gives a bearer token that is valid now.
    pub token: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Source {
    /// A request with the caller's token on it.
    pub(crate) fn request<T>(&self, message: T) -> Result<tonic::Request<T>, Error> {
        let mut request = tonic::Request::new(message);
        let token = format!("Bearer {}", (self.token)());
        let value = token.parse().map_err(|_| Error::Token { feed: self.name.to_owned() })?;
        request.metadata_mut().insert("authorization", value);
        Ok(request)
    }

    pub(crate) fn error(&self, status: tonic::Status) -> Error {
        Error::Call { feed: self.name.to_owned(), status: Box::new(status) }
    }
}

/// What a collect read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collected {
    /// In the order in which the sources were given.
    pub sources: Vec<CollectedSource>,
    /// How far each feed has been read now: figures that are measured up to here can be measured again on a later day.
    pub positions: Positions,
}

/// What a collect read of one feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectedSource {
    /// `network` or `enrolment`.
    pub name: &'static str,
    /// Events that were new.
    pub events_count: u64,
    /// Of the last event that the lake holds now; 0 when there is none.
    pub last_position: i64,
}

/// Reads every feed from the lake's cursor to its head. File and manifest are committed together, run by run; after an error the lake holds
/// the runs that were committed, and the next collect goes on from there. Refuses a feed whose history is no longer the lake's.
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

/// Reads one feed until its head or the run's limit. A stream that ends before (a connection grows old) is followed by the next.
async fn read(source: &Source, held: Option<&SourceEntry>) -> Result<Read, Error> {
    let mut client = FeedServiceClient::new(source.channel.clone());
    let mut batch = Batch {
        source: source.name.to_owned(),
        cursor: held.map(|held| held.cursor.clone()).unwrap_or_default(),
        events: Vec::new(),
    };
    let mut epoch = held.map(|held| held.epoch.clone()).unwrap_or_default();
    let mut last_position = held.map_or(0, |held| held.last_position);
    let mut payload_bytes = 0;
    let mut empty_streams = 0;
    loop {
        let from = if batch.cursor.is_empty() { From::Earliest(pb::Earliest {}) } else { From::Cursor(batch.cursor.clone()) };
        let events_before = batch.events.len();
        let limit = EVENTS_PER_RUN_MAX - i64::try_from(events_before).unwrap_or(EVENTS_PER_RUN_MAX);
        let request = source.request(pb::ReadRequest { limit, stop_at_head: true, from: Some(from) })?;
        let mut stream = client.read(request).await.map_err(|status| refusal(source, status))?.into_inner();
        let mut head = 0;
        while let Some(response) = stream.message().await.map_err(|status| refusal(source, status))? {
            head = response.head_position;
            for event in response.events {
                if epoch.is_empty() {
                    epoch.clone_from(&event.epoch);
                }
                if event.epoch != epoch {
                    return Err(Error::EpochChanged { feed: source.name.to_owned(), held: epoch, found: event.epoch });
                }
                if event.position <= last_position {
                    return Err(Error::Order { feed: source.name.to_owned(), last: last_position, found: event.position });
                }
                last_position = event.position;
                payload_bytes += event.payload.len();
                batch.events.push(event);
            }
            if !response.cursor.is_empty() {
                batch.cursor = response.cursor;
            }
            if payload_bytes >= PAYLOAD_BYTES_PER_RUN_MAX {
                return Ok(Read { batch, at_head: false });
            }
        }
        if last_position >= head {
            return Ok(Read { batch, at_head: true });
        }
        if batch.events.len() as i64 >= EVENTS_PER_RUN_MAX {
            return Ok(Read { batch, at_head: false });
        }
        empty_streams = if batch.events.len() == events_before { empty_streams + 1 } else { 0 };
        if empty_streams == EMPTY_STREAMS_MAX {
            let message = format!("its head is {head}, but its stream ends at {last_position}");
            return Err(source.error(tonic::Status::unavailable(message)));
        }
    }
}

/// A refused cursor is the one precondition that reading has.
fn refusal(source: &Source, status: tonic::Status) -> Error {
    if status.code() == tonic::Code::FailedPrecondition {
        return Error::CursorUnknown { feed: source.name.to_owned(), message: status.message().to_owned() };
    }
    source.error(status)
}

/// Parquet is written by a thread that may wait for the disk.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Interrupted(error.to_string()))?
}
