//! Appends an event in the transaction that causes it.

use std::sync::{Arc, Mutex, PoisonError};

use db::{Deferred, Tx};
use futures::future::BoxFuture;
use tokio::sync::{Notify, watch};

use crate::{
    chain::Link,
    store::{self, NewEvent},
};

/// Most bytes of an event's payload. A response with one such event still fits into the 4 MiB that clients accept.
pub const EVENT_BYTES_MAX: usize = 3 * 1024 * 1024;

/// A person or program that changes something, as what, and for which hub or school.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Actor {
    /// Its id in the service's table of actors; a service's own changes have the service's name.
    pub id: String,
    /// Its role; empty for the service itself.
    pub role: String,
    /// The hub or school that it acts for, `hubs/x`; empty for other roles.
    pub acting_for: String,
}

impl Actor {
    /// A service, as the actor of its own changes.
    pub fn service(name: &str) -> Self {
        Self { id: name.to_owned(), ..Self::default() }
    }
}

/// The cause of a change; stored with every event.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The caller.
    pub actor: Actor,
    /// The second person, where the change needs one.
    pub confirmer: Option<Actor>,
    /// The request; empty when the service acts without one.
    pub request_id: String,
    /// The W3C trace context of the call; empty when there is none.
    pub traceparent: String,
    /// The instant of the change, by the civil clock.
    pub recorded: time::Instant,
}

/// Appends an event; it is written if the transaction commits. `resource_version` is the version of the resource after the event. It comes from the
/// resource's row, which this transaction has written or locked, so that versions are committed in their order. Panics when the payload is larger than
/// [`EVENT_BYTES_MAX`]: the caller splits payloads that can grow.
pub fn append<M: prost::Message + prost::Name>(
    tx: &mut Tx<'_>,
    ids: &time::Ids,
    cause: &Cause,
    resource: &str,
    resource_version: i64,
    happened: time::Instant,
    payload: &M,
) {
    let bytes = payload.encoded_len();
    assert!(
        bytes <= EVENT_BYTES_MAX,
        "the event {} of `{resource}` has {bytes} bytes, more than {EVENT_BYTES_MAX}",
        M::full_name()
    );
    tx.defer(Box::new(NewEvent {
        id: ids.next(cause.recorded),
        r#type: M::full_name(),
        resource: resource.to_owned(),
        resource_version,
        happened,
        recorded: cause.recorded,
        actor: cause.actor.clone(),
        confirmer: cause.confirmer.clone().unwrap_or_default(),
        request_id: cause.request_id.clone(),
        traceparent: cause.traceparent.clone(),
        payload: payload.encode_to_vec(),
    }));
}

/// The head of the chain, remembered so that a batch of writes need not read it.
#[derive(Default)]
struct ChainHead {
    /// `None` while a batch is written, and after one that may have failed; the next batch reads the database then.
    committed: Option<Link>,
    /// The head of the batch that is written, if it is committed.
    pending: Option<Link>,
}

/// State that writers, the sequencer and readers share.
pub(crate) struct Shared {
    /// Name of the service, for metrics.
    pub(crate) service: &'static str,
    /// The newest committed position that is known here.
    pub(crate) head: watch::Sender<i64>,
    /// Only SQLite's single writer uses it.
    chain: Mutex<ChainHead>,
    /// Notified when events without a position were committed.
    pub(crate) unsequenced: Notify,
}

impl Shared {
    pub(crate) fn new(service: &'static str) -> Arc<Self> {
        let (head, _) = watch::channel(0);
        metrics::gauge!("feed_head_position", "source" => service).set(0.0);
        Arc::new(Self { service, head, chain: Mutex::default(), unsequenced: Notify::new() })
    }

    /// Remembers the head of the chain of an opened database.
    pub(crate) fn chain_head_is(&self, head: Link) {
        self.chain_head().committed = Some(head);
    }

    fn chain_head(&self) -> std::sync::MutexGuard<'_, ChainHead> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Raises the head to a position, unless it is there already.
    pub(crate) fn head_is(&self, position: i64) {
        let moved = self.head.send_if_modified(|head| {
            let is_newer = position > *head;
            *head = position.max(*head);
            is_newer
        });
        if moved {
            metrics::gauge!("feed_head_position", "source" => self.service).set(position as f64);
        }
    }
}

/// Writes all events of a commit together.
pub(crate) struct EventFlush(pub(crate) Arc<Shared>);

impl db::Flush for EventFlush {
    fn flush<'t>(&'t self, mut tx: Tx<'t>, deferred: Vec<Deferred>) -> BoxFuture<'t, Result<(), db::Error>> {
        Box::pin(async move {
            let events = deferred
                .into_iter()
                .map(|deferred| *deferred.downcast::<NewEvent>().expect("only the feed defers in a pool with a feed"))
                .collect::<Vec<_>>();
            if tx.is_postgres() {
                return store::event_insert_postgres(&mut tx, events).await;
            }
            let known = self.0.chain_head().committed.take();
            let head = match known {
                Some(head) => head,
                None => store::head(&mut tx).await?.link(),
            };
            let head = store::event_insert_sqlite(&mut tx, head, &events).await?;
            self.0.chain_head().pending = Some(head);
            Ok(())
        })
    }

    fn committed(&self) {
        let mut chain = self.0.chain_head();
        if let Some(head) = chain.pending.take() {
            self.0.head_is(head.position);
            chain.committed = Some(head);
        }
        drop(chain);
        self.0.unsequenced.notify_one();
    }
}
