//! The civil clock.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::{Date, Instant};

/// The current time for rules and stored times. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Machine,
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// Follows the machine's clock, for a served suite.
    pub const fn machine() -> Self {
        Self(Source::Machine)
    }

    /// Stands still until it is moved, for the demo and tests.
    pub fn set_to(instant: Instant) -> Self {
        Self(Source::Set(Arc::new(AtomicI64::new(instant.micros()))))
    }

    /// Now.
    pub fn now(&self) -> Instant {
        match &self.0 {
            Source::Machine => Instant::from_machine(),
            Source::Set(micros) => Instant::from_micros(micros.load(Ordering::SeqCst)),
        }
    }

    /// Today in Europe/London.
    pub fn today(&self) -> Date {
        self.now().date()
    }

    /// Moves a clock that was made with [`Clock::set_to`], and all its clones. Panics on the machine's clock, which a served suite cannot move.
    pub fn move_to(&self, instant: Instant) {
        match &self.0 {
            Source::Machine => panic!("the machine's clock cannot be moved"),
            Source::Set(micros) => micros.store(instant.micros(), Ordering::SeqCst),
        }
    }
}
