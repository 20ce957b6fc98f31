//! The machine's clock.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The machine's clock as an argument, so that tests can set it. It checks the validity of tokens and the age of files; it is never the civil clock.
#[derive(Clone)]
pub struct MachineClock(Arc<dyn Fn() -> Duration + Send + Sync>);

impl MachineClock {
    /// The clock of this machine.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock for tokens")]
    pub fn system() -> Self {
        Self::from_fn(|| SystemTime::now().duration_since(UNIX_EPOCH).expect("the machine's clock is after 1970"))
    }

    /// A clock that returns the result of a function: the time since 1970, UTC.
    pub fn from_fn(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(crate) fn now(&self) -> Duration {
        (self.0)()
    }

    pub(crate) fn now_seconds(&self) -> u64 {
        self.now().as_secs()
    }
}

impl fmt::Debug for MachineClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MachineClock({:?})", self.now())
    }
}
