//! Proposals of Work Groups for the schools of a hub that are in none. `WorkGroupService` serves them.

mod propose_work_groups;
mod rules;
mod store;
mod wire;

pub(crate) use propose_work_groups::propose_work_groups;
