//! How far a consumer is, for readiness pages and for whoever waits for it.

use tokio::sync::watch;

/// How far a consumer is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsumerStatus {
    /// The position of the last event that it applied.
    pub position: i64,
    /// The newest position that it heard of.
    pub head_position: i64,
    /// Why it stopped, if it did: it needs a person then.
    pub stopped: Option<String>,
}

/// Watches a consumer. A clone watches the same one.
#[derive(Debug, Clone)]
pub struct ConsumerWatch {
    pub(crate) source: &'static str,
    pub(crate) status: watch::Receiver<ConsumerStatus>,
}

impl ConsumerWatch {
    /// Whose feed it reads.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// How far it is now.
    pub fn status(&self) -> ConsumerStatus {
        self.status.borrow().clone()
    }

    /// Waits until everything up to a position is applied. Errors, with the reason, when the consumer has stopped before; that it is not running
    /// any more is a reason too.
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
