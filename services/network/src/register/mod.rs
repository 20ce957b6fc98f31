//! The register: the schools of the newest GIAS extract, and the links between them. An import replaces it in one transaction.

mod api;
mod encoding;
mod extract;
pub(crate) mod file;
mod files;
mod get_register;
mod import_register;
pub(crate) mod rows;
mod rules;
pub(crate) mod store;
#[cfg(test)]
pub(crate) mod tests;
mod wire;

pub(crate) use rules::{
    LinkType, NewLaCodes, Register, RegisterSource, RegisterViolation, SchoolChange, Summary, UnknownCode, by_frequency, count_of,
};
