//! Choices: the hub of each school, from a day on. [`crate::hub`] serves their calls, which belong to `HubService`.

pub(crate) mod choose_hub;
pub(crate) mod list_hub_choices;
pub(crate) mod move_schools;
mod rules;
pub(crate) mod store;
pub(crate) mod wire;

use rules::{Choice, ChoiceEffect, choose};
pub(crate) use rules::{ChoiceViolation, EnteredChoice};
