//! Memberships: the days of participations in Work Groups. `WorkGroupService` serves them.

mod end_membership;
mod leave_groups;
pub(crate) mod list_memberships;
mod rules;
pub(crate) mod store;
mod wire;

pub(crate) use end_membership::end_membership;
pub(crate) use leave_groups::leave_groups;
pub(crate) use rules::Membership;
