//! Participations: the years for which schools with a place work in a programme.

mod api;
mod complete_year;
mod get_participation;
mod list_participations;
mod participation_ref;
mod record_agreement;
mod record_attendance;
mod rules;
mod start_year;
pub(crate) mod store;
mod wire;
mod withdraw_participation;

use participation_ref::ParticipationRef;
#[cfg(test)]
pub(crate) use rules::TRANSITIONS;
pub(crate) use rules::{Participation, ParticipationId};
