//! Enrolment: rounds with places per hub and programme, applications and their waiting lists, and what places become.
//!
//! [`Enrolment`] declares the service: its gRPC services, the network's feed that it mirrors (crate `mirror`), and the offers that lapse.

mod accept_offer;
mod api;
mod application_ref;
mod complete_year;
mod config;
mod create_application;
mod decline_offer;
mod domain;
mod error;
mod events;
mod lapse_offers;
mod offer_places;
mod participation_ref;
mod promote;
mod record_agreement;
mod record_attendance;

mod places;
mod round;
mod service;
mod start_year;
mod store;
mod submit_application;
mod wire;
mod withdraw_application;
mod withdraw_participation;

pub use config::Config;
pub use service::{DESCRIPTOR, Enrolment, MIGRATIONS};
