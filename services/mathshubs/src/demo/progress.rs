//! What the demo says while it works: a bar on a terminal, plain lines otherwise.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The one bar, and the lines above it.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    terminal: bool,
}

impl Progress {
    /// Of so many steps.
    pub(crate) fn new(steps_count: usize) -> Self {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let target = if terminal { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(u64::try_from(steps_count).unwrap_or(u64::MAX)), target);
        let style =
            ProgressStyle::with_template("{elapsed_precise} {bar:32} {percent:>3} %  {msg}").expect("the template is right");
        bar.set_style(style.progress_chars("━╸ "));
        Self { bar, terminal }
    }

    /// Says what goes on now.
    pub(crate) fn now(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
    }

    /// A step was done.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
    }

    /// Says something that stays.
    pub(crate) fn line(&self, line: &str) {
        if self.terminal { self.bar.println(line) } else { println!("{line}") }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
