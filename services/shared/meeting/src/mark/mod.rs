//! Marks: the entries of a register, each about a person and a day.

mod check;
pub(crate) mod page_store;
mod rules;
pub(crate) mod store;
pub(crate) mod wire;

pub(crate) use check::check_marks;
pub(crate) use rules::{Mark, MarkEntry, MarkObstacle, persons_by_day};
