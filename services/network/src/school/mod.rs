//! Schools as the register describes them. [`crate::register`] serves their calls, which belong to `RegisterService`.

pub(crate) mod column;
pub(crate) mod former;
pub(crate) mod get_school;
pub(crate) mod list_schools;
mod rules;
pub(crate) mod store;
pub(crate) mod wire;

pub(crate) use rules::{RegisterEntry, RegisterReason, School, SchoolViolation};
