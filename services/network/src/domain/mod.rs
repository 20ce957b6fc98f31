//! The rules, pure: no database, no wire, no clock.

mod encoding;
pub(crate) mod extract;
pub(crate) mod file;
pub(crate) mod former;
pub mod geography;
pub(crate) mod hub;
pub(crate) mod lineage;
pub(crate) mod reach;
pub(crate) mod register;
mod rows;
#[cfg(test)]
mod tests;
mod urn;

pub(crate) use urn::Urn;
