//! A generated national register: invented schools in the real numbers, with all dates, in GIAS' file formats.
//!
//! It goes through the same import as a real extract. The same seed makes the same register, byte for byte.

mod establishment;
mod file;
mod generate;
mod kind;
mod name;
mod size;

pub use establishment::{Area, Descent, Establishment, GiasPhase, Link, Status};
pub use generate::generate;
pub use kind::Kind;
pub use size::{SIZES, Size};

/// A register with the whole history of its schools. [`GeneratedRegister::extract`] gives the state of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedRegister {
    /// In the order of generation.
    pub establishments: Vec<Establishment>,
    /// Links between the establishments.
    pub links: Vec<Link>,
}
