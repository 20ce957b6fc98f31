//! The progress of a consumer.

use tokio::sync::watch;

/// The progress of a consumer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsumerStatus {
    /// Position of the last event that it applied.
    pub position: i64,
    /// The newest position of the feed that it knows.
    pub head_position: i64,
    /// Why it stopped; a person must act then. `None` while it runs.
    pub stopped: Option<String>,
}

/// Watches the progress of a consumer. A clone watches the same one.
#[derive(Debug, Clone)]
pub struct ConsumerWatch {
    pub(crate) source: &'static str,
    pub(crate) status: watch::Receiver<ConsumerStatus>,
}

impl ConsumerWatch {
    /// Name of the service whose feed it reads.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// The progress now.
    pub fn status(&self) -> ConsumerStatus {
        self.status.borrow().clone()
    }

    /// Waits until all events up to a position are applied. Errors, with the reason, when the consumer has stopped or ended before.
    pub async fn caught_up_with(&self, position: i64) -> Result<(), String> {
        let mut receiver = self.status.clone();
        let reached = receiver.wait_for(|status| status.position >= position || status.stopped.is_some()).await;
        match reached {
            Ok(status) if status.position >= position => Ok(()),
            Ok(status) => Err(status.stopped.clone().unwrap_or_default()),
            Err(_) => Err(format!("the consumer of `{}` has ended", self.source)),
        }
    }
}
