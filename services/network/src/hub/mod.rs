//! Maths Hubs.

mod api;
mod create_hub;
mod get_hub;
mod list_hubs;
mod rules;
pub(crate) mod store;
mod update_hub;
mod wire;

pub(crate) use rules::{Hub, HubChange, HubViolation};
