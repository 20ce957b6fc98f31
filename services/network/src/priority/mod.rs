//! Priorities of the programme. [`crate::programme`] serves their calls, which belong to `CatalogueService`.

pub(crate) mod create_priority;
pub(crate) mod list_priorities;
mod rules;
pub(crate) mod store;
pub(crate) mod wire;

pub(crate) use rules::{Priority, PriorityId};
