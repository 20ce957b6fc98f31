//! Clocks, and civil days in England.
//!
//! The **civil clock** ([`Clock`]) is injected: it decides rules and stored times. The machine's clock decides tokens, deadlines and retries, and is
//! read where they are implemented. The demo moves the civil clock; a served suite has no way to set it.
#![warn(missing_docs)]

mod academic;
mod clock;
mod date;
mod id;
mod instant;

pub use academic::{AcademicYear, FinancialYear};
pub use clock::Clock;
pub use date::Date;
pub use id::{Ids, id_time};
pub use instant::Instant;

/// A text that is not a time, and the expected form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The text.
    pub found: String,
    /// The expected form.
    pub expected: &'static str,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is not {}", text::excerpt(&self.found), self.expected)
    }
}

impl std::error::Error for ParseError {}
