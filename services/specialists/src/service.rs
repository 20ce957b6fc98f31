//! The declaration of specialists.

use ::service::{AnswerRetention, Context, Parts, Service, ServiceDescriptor};
use proto::specialists::v1::{cohort_service_server::CohortServiceServer, nomination_service_server::NominationServiceServer};
use tonic::service::Routes;

use crate::{Config, nomination};

/// Steps of specialists' schema, besides those of the mirror.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 100, name: "specialists", sql: include_str!("../migrations/0100_specialists.sql") }];

/// Serves the gRPC services of specialists.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) context: Context,
}

/// The facts of specialists.
pub const DESCRIPTOR: ServiceDescriptor = ServiceDescriptor {
    name: "specialists",
    about: "Serves specialists: cohorts, nominations and their selection",
    grpc_services: &[
        "mathshubs.specialists.v1.CohortService",
        "mathshubs.specialists.v1.NominationService",
        "mathshubs.approval.v1.ApprovalService",
        "mathshubs.audit.v1.AuditService",
        "mathshubs.feed.v1.FeedService",
        "mathshubs.person.v1.PersonRecordService",
    ],
    migrations: &[mirror::MIGRATIONS, MIGRATIONS],
    sources: &["network"],
    answer_retention: AnswerRetention::Nothing,
};

/// Specialists: cohorts, nominations and their selection.
#[derive(Debug)]
pub enum Specialists {}

impl Service for Specialists {
    type Config = Config;
    const DESCRIPTOR: ServiceDescriptor = DESCRIPTOR;

    fn parts(context: &Context, _: &Config) -> Parts {
        let api = Api { context: context.clone() };
        let routes = Routes::new(server::limited!(CohortServiceServer::new(api.clone())))
            .add_service(server::limited!(NominationServiceServer::new(api)));
        Parts::new(routes).follow("network", mirror::Network).person_records(nomination::store::person_records)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_statements_are_reviewed() {
        db::testing::statements_are_reviewed(env!("CARGO_PKG_NAME"), env!("CARGO_MANIFEST_DIR"));
    }

    #[test]
    fn the_state_machines_are_reviewed() {
        let lines = service::testing::state_lines("nomination", crate::nomination::TRANSITIONS);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/states.csv");
        db::testing::reviewed(path.as_ref(), &format!("resource,from,verb,to\n{lines}"));
    }
}
