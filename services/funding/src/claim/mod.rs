//! Claims: each URN of a school's lineage has at most one entitlement of a kind.

pub(crate) mod store;
