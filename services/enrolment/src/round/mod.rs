//! Rounds: when schools may apply, for what, and in which order places are given.

mod api;
mod create_round;
mod get_round;
mod list_rounds;
mod rules;
pub(crate) mod store;
mod update_round;
mod wire;

pub(crate) use rules::{PlaceOrder, PlaceOrderPolicy, Round, RoundFilter, RoundId, RoundProgramme, RoundViolation};
