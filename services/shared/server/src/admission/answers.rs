//! Answers that their callers have not read.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::Peer;

/// Answers are passed on in pieces, so that the transport buffers at most one beyond what the caller allows.
pub(crate) const ANSWER_PIECE_BYTES: usize = 16 * 1024;

/// All messages of answers that wait for their callers, in order of time.
#[derive(Default)]
pub(crate) struct Answers {
    waiting: Mutex<BTreeMap<(Instant, u64), Peer>>,
    next: AtomicU64,
}

/// A message of an answer that waits for its caller, until this is dropped.
pub(crate) struct Unread {
    answers: Arc<Answers>,
    key: (Instant, u64),
}

impl Unread {
    /// From now on.
    pub(crate) fn new(answers: &Arc<Answers>, peer: &Peer) -> Self {
        let key = (Instant::now(), answers.next.fetch_add(1, Ordering::Relaxed));
        answers.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(key, peer.clone());
        Self { answers: Arc::clone(answers), key }
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        self.answers.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

impl Answers {
    /// Closes the connections whose callers have not read a message in time.
    pub(crate) fn close_unread(&self, now: Instant, time_max: Duration) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(oldest) = waiting.first_entry()
            && now.saturating_duration_since(oldest.key().0) >= time_max
        {
            oldest.remove().close();
        }
    }
}
