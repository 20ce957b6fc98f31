//! Participations: a mirror of accepted places of enrolment, with the facts that prove or end entitlements. Only [`crate::follow`] writes them.

mod rules;
pub(crate) mod store;
pub(crate) mod wire;

pub(crate) use rules::{End, EventRef, EvidenceStatus, Facts, FirstYearMove, Participation, Proof, Record};
