//! The persons who may lead Work Groups, by the feeds of specialists and of network.

mod follow;
mod rules;
pub(crate) mod store;

pub(crate) use follow::Specialists;
pub(crate) use rules::Leader;
