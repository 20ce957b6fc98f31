//! The declaration of the network service.

use std::time::Duration;

use ::service::{AnswerRetention, Context, Parts, Service, ServiceDescriptor};
use proto::network::v1::{
    appointment_service_server::AppointmentServiceServer, catalogue_service_server::CatalogueServiceServer,
    council_service_server::CouncilServiceServer, hub_service_server::HubServiceServer,
    person_service_server::PersonServiceServer, reach_service_server::ReachServiceServer,
    register_service_server::RegisterServiceServer,
};
use server::ApiError;
use server::limited;
use tonic::service::Routes;

use crate::{
    Config, References, lineage,
    person::{self, erase_persons},
    reach, register,
    stream::StreamSlots,
};

/// The steps of the schema.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 100, name: "network", sql: include_str!("../migrations/0100_network.sql") }];

/// Interval at which pending links are counted for the metrics.
const PENDING_LINKS_INTERVAL: Duration = Duration::from_secs(60);

/// Interval between looks for persons whom the retention policy lets go.
const ERASE_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Serves the gRPC services of the network.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) context: Context,
    pub(crate) config: Config,
    pub(crate) streams: StreamSlots,
}

/// The facts of the network service.
pub const DESCRIPTOR: ServiceDescriptor = ServiceDescriptor {
    name: "network",
    about: "Serves the network: the register of schools, hubs, the Council, and published reach",
    grpc_services: &[
        "mathshubs.network.v1.RegisterService",
        "mathshubs.network.v1.HubService",
        "mathshubs.network.v1.PersonService",
        "mathshubs.network.v1.AppointmentService",
        "mathshubs.network.v1.CouncilService",
        "mathshubs.network.v1.CatalogueService",
        "mathshubs.network.v1.ReachService",
        "mathshubs.approval.v1.ApprovalService",
        "mathshubs.audit.v1.AuditService",
        "mathshubs.feed.v1.FeedService",
        "mathshubs.person.v1.PersonRecordService",
    ],
    migrations: &[MIGRATIONS],
    sources: &["enrolment", "specialists", "funding"],
    answer_retention: AnswerRetention::Nothing,
};

/// The network: the register of schools, hubs, the Council, and published reach.
#[derive(Debug)]
pub enum Network {}

impl Service for Network {
    type Config = Config;
    const DESCRIPTOR: ServiceDescriptor = DESCRIPTOR;

    fn parts(context: &Context, config: &Config) -> Parts {
        let api = Api { context: context.clone(), config: config.clone(), streams: StreamSlots::new() };
        let routes = Routes::new(limited!(RegisterServiceServer::new(api.clone())))
            .add_service(limited!(HubServiceServer::new(api.clone())))
            .add_service(limited!(PersonServiceServer::new(api.clone())))
            .add_service(limited!(AppointmentServiceServer::new(api.clone())))
            .add_service(limited!(CouncilServiceServer::new(api.clone())))
            .add_service(limited!(CatalogueServiceServer::new(api.clone())))
            .add_service(limited!(ReachServiceServer::new(api)).max_decoding_message_size(reach::MESSAGE_SIZE_MAX_BYTES));
        metrics::describe_gauge!("network_pending_links", "Links that have no effect until a second account confirms them.");
        metrics::describe_gauge!(
            "network_pending_link_oldest_age_seconds",
            "Time since the import in which the oldest of them was pending first; 0 without any."
        );
        let (context, erasing) = (context.clone(), context.clone());
        let sources = DESCRIPTOR.sources.iter().copied();
        sources
            .fold(Parts::new(routes), |parts, source| parts.follow(source, References(source)))
            .person_records(person::store::person_records)
            .every(ERASE_INTERVAL, "erase persons", move || {
                let context = erasing.clone();
                Box::pin(async move { erase_persons(&context).await })
            })
            .every(PENDING_LINKS_INTERVAL, "count pending links", move || Box::pin(count_pending_links(context.clone())))
    }
}

/// Reads the number of pending links and the age of the oldest for the metrics.
async fn count_pending_links(context: Context) -> Result<(), ApiError> {
    let (count, oldest) = context.read(|tx| Box::pin(lineage::store::pending_link_count(tx))).await?;
    #[expect(clippy::cast_precision_loss, reason = "a register has fewer links than 2^52")]
    metrics::gauge!("network_pending_links").set(count as f64);
    metrics::gauge!("network_pending_link_oldest_age_seconds").set(context.clock.now().seconds_since(oldest));
    Ok(())
}

/// Marks the suite as created for a demonstration: the event of every register that is imported from now on carries the mark.
pub async fn mark_demonstration(context: &Context) -> Result<(), db::Error> {
    context.run_system(|cmd| Box::pin(register::store::register_mark_demonstration(cmd.tx))).await
}

#[cfg(test)]
mod tests {
    #[test]
    fn statements_are_reviewed() {
        db::testing::statements_are_reviewed(env!("CARGO_PKG_NAME"), env!("CARGO_MANIFEST_DIR"));
    }
}
