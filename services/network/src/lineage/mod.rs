//! Lineage of schools: which school descends from which, by the links of the register. [`crate::register`] serves the methods of
//! `RegisterService` about them.

pub(crate) mod confirm_links;
pub(crate) mod get_lineage;
pub(crate) mod links_file;
pub(crate) mod list_pending_links;
mod rules;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod wire;

pub use links_file::says_descent;
pub(crate) use rules::{Descent, Lineage, LineageViolation, Link, LinkChange, PendingLink};
