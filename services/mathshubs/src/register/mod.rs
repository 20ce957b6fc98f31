//! A national register that is made up: invented schools, in the real numbers, with whole lives, in the files that GIAS gives out.
//!
//! It goes through the same import as a real extract. The same seed makes the same register, byte for byte.

mod establishment;
mod file;
mod generate;
mod kind;
mod name;
mod size;

pub use establishment::{Area, Descent, Establishment, Link, Phase, Status};
pub use generate::generate;
pub use kind::Kind;
pub use size::{SIZES, Size};

/// A register, from before its first day to after its last. [`GeneratedRegister::extract`] tells what was known of it on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedRegister {
    /// In the order in which they were made up.
    pub establishments: Vec<Establishment>,
    /// Between them.
    pub links: Vec<Link>,
}
