//! Compares stored events with the chain of their hashes.

use db::{Pool, Tx};
use futures::future::BoxFuture;
use proto::feed::v1 as pb;

use crate::{
    chain::{Link, hexadecimal},
    store,
};

/// Newest events that are compared when a service opens its database.
const OPEN_EVENTS_MAX: i64 = 1_000;
/// Most events that are read together.
const PAGE_EVENTS_MAX: i64 = 500;
/// Most bytes of events that are read together, unless one alone is larger.
const PAGE_BYTES_MAX: i64 = 4 * 1024 * 1024;
/// Most keys of one statement that looks for events without a position.
const PAGE_KEYS_MAX: i64 = 10_000;

/// The first row that is not as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Difference {
    /// The position; `None` for an event that has none.
    pub position: Option<i64>,
    /// The event's id; empty where the event is missing.
    pub event_id: String,
    /// A sentence without its full stop.
    pub what: String,
}

/// Why a history is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// A row differs.
    #[error(transparent)]
    Differs(#[from] Difference),
}

/// The newest event of a history, and its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHead {
    /// 0 when there is no event.
    pub position: i64,
    /// Empty when there is no event.
    pub event_id: String,
    /// 32 bytes; zeros when there is no event.
    pub hash: Vec<u8>,
}

impl std::fmt::Display for ChainHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.position, hexadecimal(&self.hash))
    }
}

/// Compares all events of a database with their hashes, a page at a time, and gives the newest. Events that are added meanwhile may be left out. It does not
/// notice that the newest events were deleted together with their positions, or that events were added with right hashes: for that, compare the hash at
/// a position that somebody else kept ([`hash_at`]).
pub async fn verify(pool: &Pool) -> Result<ChainHead, VerifyError> {
    verify_after(pool, Link::start(), i64::MIN).await
}

/// Like [`verify`], for the newest events only.
pub(crate) async fn verify_newest(pool: &Pool) -> Result<ChainHead, VerifyError> {
    let head = read(pool, |tx| Box::pin(store::head(tx))).await?;
    let start = head.position - OPEN_EVENTS_MAX;
    if start <= 0 {
        return verify(pool).await;
    }
    match read(pool, move |tx| Box::pin(store::find_position(tx, start))).await? {
        Some((key, hash)) => verify_after(pool, Link { position: start, hash }, key).await,
        None => Err(missing(start).into()),
    }
}

/// The events after a position, in order: a page of them, empty at the end.
pub async fn page(pool: &Pool, after: i64) -> Result<Vec<pb::Event>, db::Error> {
    read(pool, move |tx| Box::pin(store::event_page(tx, after, PAGE_EVENTS_MAX, PAGE_BYTES_MAX))).await
}

/// The hash at a position; `None` where there is no event.
pub async fn hash_at(pool: &Pool, position: i64) -> Result<Option<Vec<u8>>, db::Error> {
    let found = read(pool, move |tx| Box::pin(store::find_position(tx, position))).await?;
    Ok(found.map(|(_, hash)| hash))
}

/// Compares the events after a link, and looks for events without a position after a key.
async fn verify_after(pool: &Pool, start: Link, mut key: i64) -> Result<ChainHead, VerifyError> {
    let head = read(pool, |tx| Box::pin(store::head(tx))).await?;
    // Positions below the first, which no event has.
    let (mut link, mut after, mut event_id) =
        (start.clone(), if start.position == 0 { i64::MIN } else { start.position }, String::new());
    loop {
        let events = page(pool, after).await?;
        if events.is_empty() {
            break;
        }
        for event in events {
            let expected = link.next_event(&event);
            if event.position > expected.position {
                return Err(missing(expected.position).into());
            }
            if (event.position, &event.hash) != (expected.position, &expected.hash) {
                let what = format!(
                    "the event {} at position {} ({} of `{}`) does not have its hash: the event, its position or its hash was changed or inserted after \
                     the service had recorded the history",
                    event.id, event.position, event.r#type, event.resource
                );
                return Err(Difference { position: Some(event.position), event_id: event.id, what }.into());
            }
            (link, after, event_id) = (expected, event.position, event.id);
        }
    }
    if link.position < head.position {
        return Err(missing(link.position + 1).into());
    }
    loop {
        let (last, without) = read(pool, move |tx| Box::pin(store::event_without_position(tx, key, PAGE_KEYS_MAX))).await?;
        if let Some(event_id) = without {
            let what =
                format!("the event {event_id} has no position: it was inserted, or its position was deleted, in the database");
            return Err(Difference { position: None, event_id, what }.into());
        }
        let Some(last) = last else { break };
        key = last;
    }
    if event_id.is_empty() {
        event_id = head.event_id;
    }
    Ok(ChainHead { position: link.position, event_id, hash: link.hash })
}

fn missing(position: i64) -> Difference {
    let what = format!("there is no event at position {position}: it was deleted in the database");
    Difference { position: Some(position), event_id: String::new(), what }
}

async fn read<T: Send + 'static>(
    pool: &Pool,
    read: impl for<'a, 'c> FnOnce(&'a mut Tx<'c>) -> BoxFuture<'a, Result<T, db::Error>> + Send + 'static,
) -> Result<T, db::Error> {
    pool.read(|mut tx| Box::pin(async move { read(&mut tx).await })).await
}
