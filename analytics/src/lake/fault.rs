//! Faults of the disk, for a test that interrupts a write at each of its steps.

use std::io;

/// Called before each change of the disk.
#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
pub(super) const fn step() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(super) use tests::{after, step};

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::io;

    thread_local! {
        /// Steps until the disk fails; `None` for a disk without faults.
        static STEPS: Cell<Option<u32>> = const { Cell::new(None) };
    }

    /// Every step after this many fails on this thread.
    pub(in super::super) fn after(steps: Option<u32>) {
        STEPS.set(steps);
    }

    pub(in super::super) fn step() -> io::Result<()> {
        match STEPS.get() {
            Some(0) => Err(io::Error::other("the disk failed")),
            steps => {
                STEPS.set(steps.map(|steps| steps - 1));
                Ok(())
            }
        }
    }
}
