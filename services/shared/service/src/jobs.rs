//! Jobs that a service runs periodically, by the machine's clock.

use std::{fmt::Debug, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

pub(crate) struct PeriodicJob {
    interval: Duration,
    name: &'static str,
    /// The error as text.
    run: Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

impl PeriodicJob {
    pub(crate) fn new<E, F>(interval: Duration, name: &'static str, job: F) -> Self
    where
        E: Debug + 'static,
        F: Fn() -> BoxFuture<'static, Result<(), E>> + Send + Sync + 'static,
    {
        let run = move || job().map(|result| result.map_err(|error| format!("{error:?}"))).boxed();
        Self { interval, name, run: Box::new(run) }
    }

    /// Runs until shutdown; a run that has begun ends first.
    pub(crate) async fn keep_running(&self, shutdown: &CancellationToken) {
        let mut interval = tokio::time::interval(self.interval);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = interval.tick() => {}
            }
            if let Err(error) = (self.run)().await {
                tracing::error!(job = self.name, error, "a periodic job failed; it runs again after its interval");
            }
        }
    }
}
