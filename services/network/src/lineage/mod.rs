//! Lineage of schools: which school descends from which, by the links of the register. [`crate::register`] serves `RegisterService.GetLineage`.

pub(crate) mod get_lineage;
pub(crate) mod links_file;
mod rules;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod wire;

pub use links_file::says_descent;
pub(crate) use rules::{Descent, Lineage, LineageViolation, Link, LinkChange};
