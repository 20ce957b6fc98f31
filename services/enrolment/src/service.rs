//! The declaration of enrolment.

use std::time::Duration;

use ::service::{AnswerRetention, Context, Parts, Service, ServiceDescriptor};
use proto::enrolment::v1::{
    application_service_server::ApplicationServiceServer, history_service_server::HistoryServiceServer,
    participation_service_server::ParticipationServiceServer, round_service_server::RoundServiceServer,
    work_group_service_server::WorkGroupServiceServer,
};
use tonic::service::Routes;
use upload::{Slots, Turn};

use crate::{Config, application::lapse_offers::lapse_all, attendance, leader::Specialists};

/// How often the machine looks for offers that lapse; the civil clock decides which.
const LAPSE_INTERVAL: Duration = Duration::from_secs(60);

/// Imports of past participation in progress, from the first message to the answer.
const IMPORTS_MAX: usize = 4;

/// Steps of enrolment's schema, besides those of the mirror.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 100, name: "enrolment", sql: include_str!("../migrations/0100_enrolment.sql") }];

/// Serves the gRPC services of enrolment.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) context: Context,
    pub(crate) config: Config,
    /// The slots and the turn of imports.
    pub(crate) imports: Slots,
    pub(crate) turn: Turn,
}

/// The facts of enrolment.
pub const DESCRIPTOR: ServiceDescriptor = ServiceDescriptor {
    name: "enrolment",
    about: "Serves enrolment: rounds, applications, participations and Work Groups",
    grpc_services: &[
        "mathshubs.enrolment.v1.RoundService",
        "mathshubs.enrolment.v1.ApplicationService",
        "mathshubs.enrolment.v1.ParticipationService",
        "mathshubs.enrolment.v1.HistoryService",
        "mathshubs.enrolment.v1.WorkGroupService",
        "mathshubs.meeting.v1.MeetingService",
        "mathshubs.approval.v1.ApprovalService",
        "mathshubs.audit.v1.AuditService",
        "mathshubs.feed.v1.FeedService",
        "mathshubs.person.v1.PersonRecordService",
    ],
    migrations: &[mirror::MIGRATIONS, meeting::MIGRATIONS, MIGRATIONS],
    sources: &["network", "specialists"],
    answer_retention: AnswerRetention::Nothing,
};

/// Enrolment: rounds, applications, participations and Work Groups.
#[derive(Debug)]
pub enum Enrolment {}

impl Service for Enrolment {
    type Config = Config;
    const DESCRIPTOR: ServiceDescriptor = DESCRIPTOR;

    fn parts(context: &Context, config: &Config) -> Parts {
        metrics::describe_counter!("enrolment_offers_lapsed_total", "Offers that lapsed because nobody accepted them in time.");
        let api = Api {
            context: context.clone(),
            config: config.clone(),
            imports: Slots::new("imports", IMPORTS_MAX),
            turn: Turn::default(),
        };
        let routes = Routes::new(server::limited!(RoundServiceServer::new(api.clone())))
            .add_service(server::limited!(ApplicationServiceServer::new(api.clone())))
            .add_service(server::limited!(ParticipationServiceServer::new(api.clone())))
            .add_service(server::limited!(HistoryServiceServer::new(api.clone())))
            .add_service(server::limited!(WorkGroupServiceServer::new(api)))
            .add_service(meeting::server(context, attendance::PARENTS));
        let parts = Parts::new(routes)
            .follow("network", mirror::Network)
            .follow("specialists", Specialists)
            .person_records(attendance::store::person_records);
        if !config.lapses_offers {
            return parts;
        }
        let context = context.clone();
        parts.every(LAPSE_INTERVAL, "lapse offers", move || Box::pin(lapse_all(context.clone())))
    }
}

#[cfg(test)]
mod tests {
    use ::service::testing::state_lines;

    use crate::{application, work_group};

    #[test]
    fn the_statements_are_reviewed() {
        db::testing::statements_are_reviewed(env!("CARGO_PKG_NAME"), env!("CARGO_MANIFEST_DIR"));
    }

    #[test]
    fn the_state_machines_are_reviewed() {
        let text = ["resource,from,verb,to\n".to_owned()]
            .into_iter()
            .chain([
                state_lines("application", application::TRANSITIONS),
                state_lines("participation", years::TRANSITIONS),
                state_lines("work_group", work_group::TRANSITIONS),
            ])
            .collect::<String>();
        db::testing::reviewed(concat!(env!("CARGO_MANIFEST_DIR"), "/states.csv").as_ref(), &text);
    }
}
