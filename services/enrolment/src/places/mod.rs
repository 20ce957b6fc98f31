//! Places of a hub for a programme of a round. [`crate::round`] serves their calls, which belong to `RoundService`.

pub(crate) mod list_places;
mod rules;
pub(crate) mod set_places;
pub(crate) mod store;
pub(crate) mod wire;

pub(crate) use rules::{Places, PlacesViolation, check_hub_open, name};
