//! What every use case works with: the [`Desk`] that it runs at, and the [`Act`] that it is.

use std::{sync::Arc, time::Duration};

use db::Tx;
use feed::Cause;
use futures::future::BoxFuture;
use prost::Message;
use server::Once;
use time::{Clock, Ids, Instant};

use crate::error::Error;

/// The database, the clock, the source of ids, and what bounds a stream.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) pool: db::Pool,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) register_size_max_bytes: usize,
    pub(crate) stream_timeout: Duration,
    /// Whether files of a day after today are taken.
    pub(crate) future_register_allowed: bool,
    /// One import at a time is in memory.
    pub(crate) import_turn: Arc<tokio::sync::Semaphore>,
}

/// One act: its transaction, and why it happens. All its rules go by the instant at which it was asked for.
pub(crate) struct Act<'a, 't> {
    pub(crate) tx: &'a mut Tx<'t>,
    pub(crate) ids: Ids,
    pub(crate) cause: &'a Cause,
}

impl Act<'_, '_> {
    /// When it was asked for.
    pub(crate) fn now(&self) -> Instant {
        self.cause.recorded
    }
}

impl Desk {
    /// Runs an act in one transaction, once for a request: the same request again gets the same answer.
    pub(crate) async fn once<M, F>(&self, request: Once, act: F) -> Result<M, Error>
    where
        M: Message + Default + 'static,
        F: for<'a, 't> FnOnce(Act<'a, 't>) -> BoxFuture<'a, Result<M, Error>> + Send + 'static,
    {
        let ids = self.ids.clone();
        server::once(&self.pool, request, move |tx, cause| act(Act { tx, ids, cause })).await
    }
}
