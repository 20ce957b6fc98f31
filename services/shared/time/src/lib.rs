//! Two clocks, and what days mean in England.
//!
//! The **civil clock** ([`Clock`]) is injected: it decides rules and stored times. The machine's clock decides tokens, deadlines and retries, and
//! is read where those are. The demo moves the civil clock; a served suite has no way to have it set.
#![warn(missing_docs)]

mod academic;
mod clock;
mod date;
mod id;
mod instant;

pub use academic::{AcademicYear, FinancialYear};
pub use clock::Clock;
pub use date::Date;
pub use id::Ids;
pub use instant::Instant;

/// What could not be read as a time, and what is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What stood there.
    pub found: String,
    /// What should stand there.
    pub expected: &'static str,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is not {}", self.found, self.expected)
    }
}

impl std::error::Error for ParseError {}
