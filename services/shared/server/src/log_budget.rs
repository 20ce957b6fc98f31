//! Bounds the number of log lines in a second.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

/// A number of lines in a second. Lines beyond it are left out and counted.
#[derive(Debug)]
pub(crate) struct LogBudget {
    lines_max: u64,
    started: Instant,
    /// The second, counted from the start.
    second: AtomicU64,
    lines: AtomicU64,
}

impl LogBudget {
    pub(crate) fn new(lines_max: u64) -> Self {
        Self { lines_max, started: Instant::now(), second: AtomicU64::new(0), lines: AtomicU64::new(0) }
    }

    /// Takes a line: gives the number of lines that were left out since the last one, or `None` when this one is left out too. The number is 0 but for the
    /// first line of a second.
    pub(crate) fn line(&self) -> Option<u64> {
        self.line_at(self.started.elapsed().as_secs())
    }

    fn line_at(&self, now: u64) -> Option<u64> {
        if self.second.swap(now, Ordering::Relaxed) != now {
            let before = self.lines.swap(1, Ordering::Relaxed);
            return Some(before.saturating_sub(self.lines_max));
        }
        (self.lines.fetch_add(1, Ordering::Relaxed) < self.lines_max).then_some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_budget_are_counted_in_the_next_second() {
        let budget = LogBudget::new(2);
        let lines: Vec<_> = [0, 0, 0, 0, 3, 3, 3, 4].map(|second| budget.line_at(second)).into();
        assert_eq!(lines, [Some(0), Some(0), None, None, Some(2), Some(0), None, Some(1)]);
    }
}
