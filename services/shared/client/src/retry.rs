//! When a call is made again, and the pauses in between.

use std::time::Duration;

use tonic::Code;

/// Attempts of one call at most.
const ATTEMPTS_MAX: u32 = 6;
/// First and longest pause between two attempts.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Which answers are followed by another attempt, and by how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Answers with these codes are followed by another attempt.
    pub codes: &'static [Code],
    /// Attempts at most, the first included. 1 means no retry.
    pub attempts_max: u32,
    /// Pause before the second attempt; each further pause is twice the one before. About half of each pause is jitter.
    pub pause_min: Duration,
    /// The longest pause.
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
    /// After UNAVAILABLE, with which services say that the same request may be sent again.
    fn default() -> Self {
        Self { codes: &[Code::Unavailable], attempts_max: ATTEMPTS_MAX, ..Self::NEVER }
    }
}

/// Pauses that double up to a maximum, with jitter, so that many clients do not come back at the same time.
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

    /// Starts with the shortest pause again, because an attempt succeeded.
    pub fn reset(&mut self) {
        self.next = self.pause_min;
    }
}
