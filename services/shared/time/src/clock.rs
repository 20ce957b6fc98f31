//! The civil clock.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::{Date, Instant};

/// Says what time it is, for rules and stored times. A clone shows the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Machine,
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// Goes with the machine's clock: what a served suite uses.
    pub const fn machine() -> Self {
        Self(Source::Machine)
    }

    /// Stands still until it is moved: for the demo and for tests.
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

    /// Moves a clock that was made with [`Clock::set_to`], and every clone of it. Panics on the machine's: a served suite cannot be told the time.
    pub fn move_to(&self, instant: Instant) {
        match &self.0 {
            Source::Machine => panic!("the machine's clock cannot be moved"),
            Source::Set(micros) => micros.store(instant.micros(), Ordering::SeqCst),
        }
    }
}
