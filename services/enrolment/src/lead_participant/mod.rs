//! Lead participants: the teachers who lead a school's work in its programme, each for some days. `ParticipationService` serves them.

pub(crate) mod list_lead_participants;
mod rules;
pub(crate) mod set_lead_participants;
mod store;
pub(crate) mod wire;

pub(crate) use rules::LeadParticipant;
