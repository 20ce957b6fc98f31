//! Enrolment: rounds with places per hub and programme, applications and their waiting lists, and what places become.
//!
//! A [`Service`] is opened on a database, gives its gRPC [`Service::routes`], and needs [`Service::background`] to run beside them: its feed, its
//! mirror of the network's events (crate `mirror`), and the offers that lapse.

mod accept;
mod act;
mod api;
mod config;
mod create_round;
mod decline;
mod domain;
mod draft;
mod error;
mod events;
mod evidence;
mod journey;
mod lapse;
mod offer;
mod promote;
mod serve;
mod service;
mod set_places;
mod store;
mod submit;
mod target;
mod update_round;
mod wire;
mod withdraw;

pub use config::Config;
pub use serve::serve;
pub use service::{MIGRATIONS, SERVICES, Service};
