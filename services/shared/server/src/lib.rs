//! What every service needs to be called: the glue between a wire message and a use case, and the run-time around it.
//!
//! The glue: [`Call`] (who calls), [`Fields`] (everything that is wrong with a message, at once), [`Refusal`] (an error that says what to do),
//! [`once`] (the same request twice has one effect), [`Page`] (lists).

mod call;
mod fields;
mod once;
mod page;
mod refusal;

pub use call::{Call, TraceParent};
pub use fields::{Fields, resource_id};
pub use once::{Once, OnceError, once};
pub use page::{PAGE_SIZE_MAX, Page};
pub use refusal::Refusal;

/// The largest message that is taken or sent, in bytes; clients accept no more by default.
pub const MESSAGE_SIZE_MAX: usize = 4 * 1024 * 1024;
