//! Specialists as its callers know it: each story plays on both databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod eligible;
mod followed;
mod names;
mod order;
mod ranked;
mod schema;
mod selected;
mod stage;
mod walk;
