//! Recording an event in the transaction that causes it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use db::{Deferred, Tx};
use futures::future::BoxFuture;
use tokio::sync::{Notify, watch};

use crate::store::{self, NewEvent};

/// The largest payload of an event. A response of that one event still fits into the 4 MiB that clients accept.
pub const EVENT_BYTES_MAX: usize = 3 * 1024 * 1024;

/// Why and by whom something happens; stored with every event.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The subject of the caller's token.
    pub actor: String,
    /// The request that does it; empty for what a service does by itself.
    pub request_id: String,
    /// The W3C trace context of the call; empty when there is none.
    pub traceparent: String,
    /// When the service records it, by the civil clock.
    pub recorded: time::Instant,
}

/// Has an event recorded in the transaction that causes it, if that transaction commits. `resource_version` is the version that the event makes;
/// it comes from the resource's row, which this transaction has written or locked, so that versions are committed in their order. Panics when the
/// payload is larger than [`EVENT_BYTES_MAX`]: whoever appends splits what can grow.
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
        request_id: cause.request_id.clone(),
        traceparent: cause.traceparent.clone(),
        payload: payload.encode_to_vec(),
    }));
}

/// What those who write, those who sequence and those who read tell each other.
pub(crate) struct Shared {
    /// Which service this is, for metrics.
    pub(crate) service: &'static str,
    /// The newest position that is known to be committed.
    pub(crate) head: watch::Sender<i64>,
    /// The newest position of a batch that is not committed yet. Only SQLite's writer uses it, and there is one.
    pending_head: AtomicI64,
    /// Somebody committed events that have no position.
    pub(crate) unsequenced: Notify,
}

impl Shared {
    pub(crate) fn new(service: &'static str) -> Arc<Self> {
        let (head, _) = watch::channel(0);
        metrics::gauge!("feed_head_position", "source" => service).set(0.0);
        Arc::new(Self { service, head, pending_head: AtomicI64::new(0), unsequenced: Notify::new() })
    }

    /// The head is at least this.
    pub(crate) fn head_is(&self, position: i64) {
        let moved = self.head.send_if_modified(|head| {
            let further = position > *head;
            *head = position.max(*head);
            further
        });
        if moved {
            metrics::gauge!("feed_head_position", "source" => self.service).set(position as f64);
        }
    }
}

/// Writes the events of a commit in one go.
pub(crate) struct EventFlush(pub(crate) Arc<Shared>);

impl db::Flush for EventFlush {
    fn flush<'t>(&'t self, mut tx: Tx<'t>, deferred: Vec<Deferred>) -> BoxFuture<'t, Result<(), db::Error>> {
        Box::pin(async move {
            let events = deferred
                .into_iter()
                .map(|deferred| *deferred.downcast::<NewEvent>().expect("in a pool with a feed, only the feed defers"))
                .collect::<Vec<_>>();
            if let Some(head) = store::event_insert(&mut tx, events).await? {
                self.0.pending_head.store(head, Ordering::SeqCst);
            }
            Ok(())
        })
    }

    fn committed(&self) {
        self.0.head_is(self.0.pending_head.load(Ordering::SeqCst));
        self.0.unsequenced.notify_one();
    }
}
