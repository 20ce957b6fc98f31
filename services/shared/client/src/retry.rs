//! Retries of calls, and the pauses between them.

use std::time::Duration;

use tonic::Code;

/// Maximum attempts of one call.
const ATTEMPTS_MAX: u32 = 6;
/// First and longest pause between two attempts.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The codes that are retried, and the number of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Codes that are retried.
    pub codes: &'static [Code],
    /// Maximum attempts, the first included. 1 means no retry.
    pub attempts_max: u32,
    /// Pause before the second attempt; each further pause is twice the one before. About half of each pause is jitter.
    pub pause_min: Duration,
    /// Maximum pause.
    pub pause_max: Duration,
}

impl Retry {
    /// One attempt only.
    pub const NEVER: Self = Self { codes: &[], attempts_max: 1, pause_min: PAUSE_MIN, pause_max: PAUSE_MAX };

    pub(crate) const fn backoff(&self) -> Backoff {
        Backoff::new(self.pause_min, self.pause_max)
    }
}

impl Default for Retry {
    /// Retries UNAVAILABLE: services use it for requests that may be sent again. Errors with `RetryInfo` are retried too, after its delay.
    fn default() -> Self {
        Self { codes: &[Code::Unavailable], attempts_max: ATTEMPTS_MAX, ..Self::NEVER }
    }
}

/// Pauses that double up to a maximum, with jitter, so that many clients do not retry at the same time.
#[derive(Debug, Clone)]
pub struct Backoff {
    next: Duration,
    pause_min: Duration,
    pause_max: Duration,
}

impl Backoff {
    /// Starts with `pause_min`.
    pub const fn new(pause_min: Duration, pause_max: Duration) -> Self {
        Self { next: pause_min, pause_min, pause_max }
    }

    /// The next pause: between half and all of the current length, which then doubles.
    pub fn next_pause(&mut self) -> Duration {
        // The microseconds of the machine's clock differ enough between clients.
        let jitter = time::Instant::from_machine().micros().rem_euclid(1_000);
        let pause = self.next / 2 + self.next * u32::try_from(jitter).expect("below 1,000") / 2_000;
        self.next = (self.next * 2).min(self.pause_max);
        pause
    }

    /// Starts again with the shortest pause, after a success.
    pub fn reset(&mut self) {
        self.next = self.pause_min;
    }
}
