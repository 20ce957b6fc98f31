//! Progress output of the demo: a bar on a terminal, plain lines otherwise.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The progress bar, and the lines above it.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    terminal: bool,
}

impl Progress {
    /// A bar of `steps_count` steps.
    pub(crate) fn new(steps_count: usize) -> Self {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let target = if terminal { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(u64::try_from(steps_count).unwrap_or(u64::MAX)), target);
        let style =
            ProgressStyle::with_template("{elapsed_precise} {bar:32} {percent:>3} %  {msg}").expect("the template is right");
        bar.set_style(style.progress_chars("━╸ "));
        Self { bar, terminal }
    }

    /// Shows the current activity.
    pub(crate) fn now(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
    }

    /// Advances the bar by one step.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
    }

    /// Prints a line that remains.
    pub(crate) fn line(&self, line: &str) {
        if self.terminal { self.bar.println(line) } else { println!("{line}") }
    }

    /// Removes the bar.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
