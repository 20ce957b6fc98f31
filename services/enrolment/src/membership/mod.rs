//! Memberships: the days of participations in Work Groups. `WorkGroupService` serves them.

mod check_registers;
mod leave_groups;
pub(crate) mod list_memberships;
mod rules;
pub(crate) mod store;
mod wire;

pub(crate) use check_registers::check_registers;
pub(crate) use leave_groups::leave_groups;
pub(crate) use rules::Membership;
