//! Places of a hub for a programme of a round. [`crate::round`] serves their calls, which belong to `RoundService`.

pub(crate) mod list_places;
pub(crate) mod propose_places;
mod renew_reserve;
mod rules;
pub(crate) mod set_places;
mod share;
pub(crate) mod store;
pub(crate) mod wire;

pub(crate) use renew_reserve::renew_reserve;
pub(crate) use rules::{OffersDue, OpenOffers, Places, PlacesViolation, check_hub_open, name};
