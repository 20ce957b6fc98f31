//! The frame of a service: what every service of the suite has, written once.
//!
//! A service implements [`Service`]: one [`ServiceDescriptor`] and one function that gives its gRPC services, feeds and periodic jobs. [`main`],
//! [`serve`] and [`OpenedService`] follow from that.
//!
//! A use case is a function of a [`Command`]: one transaction and its cause. [`Context::mutate`] runs it for a request, at most once for each request
//! id, and undoes it when the request is a dry run. [`Context::read`] runs a query. [`Context::run_system`] runs a use case of the service itself.
#![warn(missing_docs)]

mod actors;
mod approval;
mod audit;
mod check;
mod command;
mod context;
mod count;
mod descriptor;
mod error;
mod events;
mod jobs;
mod mutate;
mod opened;
mod parts;
mod person_record;
mod program;
mod resource;
#[cfg(feature = "testing")]
pub mod testing;
mod transition;

/// The tables of the frame.
pub const MIGRATIONS: &[db::Migration] = &[
    db::Migration { version: 12, name: "actor", sql: include_str!("../migrations/0012_actor.sql") },
    db::Migration { version: 13, name: "approval", sql: include_str!("../migrations/0013_approval.sql") },
    db::Migration { version: 14, name: "audit", sql: include_str!("../migrations/0014_audit.sql") },
];

pub use audit::{RetentionKind, retention_days};
pub use check::check;
pub use command::Command;
pub use context::Context;
pub use count::count;
pub use descriptor::{AnswerRetention, Service, ServiceConfig, ServiceDescriptor, connections};
pub use error::{Error, RuleViolation};
pub use events::{ApplyEach, EventEffect};
pub use opened::OpenedService;
pub use parts::Parts;
pub use person_record::{PersonRecord, PersonRecordPage, ReadPersonRecords};
pub use program::{command, main, mistakes, run, serve};
pub use resource::Resource;
pub use transition::{Transitions, next_state};
