//! Enrolment: rounds with places per hub and programme, applications and their waiting lists, the participations that accepted places become, and
//! the Work Groups in which they meet; and the import of participations of earlier years.
//!
//! [`Enrolment`] declares the service: its gRPC services, the network's feed that it mirrors (crate `mirror`), and the job that lets offers lapse.
//!
//! Rows are locked in the order round, places, application, claims, participation, Work Group, meeting, so that no two transactions wait for each other.

mod application;
mod attendance;
mod attention;
mod config;
mod history;
mod lead_participant;
mod leader;
mod membership;
mod participation;
mod places;
mod round;
mod service;
mod work_group;
mod work_group_proposal;

pub use config::Config;
pub use service::{DESCRIPTOR, Enrolment, MIGRATIONS};

/// Longest reason that a caller gives, in characters.
const REASON_LENGTH_MAX: usize = 500;
