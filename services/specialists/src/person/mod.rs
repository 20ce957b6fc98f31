//! Persons: the only resource that holds names and addresses. Everything else refers to people by id. [`crate::nomination`] serves their call, which
//! belongs to `NominationService`.

mod erase_persons;
pub(crate) mod get_nominee;
mod rules;
pub(crate) mod store;
pub(crate) mod wire;

pub use erase_persons::erase_persons;
pub(crate) use rules::{Person, PersonDetails, PersonId};
