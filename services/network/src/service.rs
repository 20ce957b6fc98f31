//! The declaration of the network service.

use std::sync::Arc;

use ::service::{AnswerRetention, Context, Parts, Service, ServiceDescriptor};
use proto::network::v1::{
    hub_service_server::HubServiceServer, reach_service_server::ReachServiceServer,
    register_service_server::RegisterServiceServer,
};
use server::limited;
use tokio::sync::Semaphore;
use tonic::service::Routes;

use crate::{Config, register};

/// The steps of the schema.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 100, name: "network", sql: include_str!("../migrations/0100_network.sql") }];

/// Serves the gRPC services of the network.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) context: Context,
    pub(crate) config: Config,
    /// One import at a time holds its files in memory.
    pub(crate) import_turn: Arc<Semaphore>,
}

/// The facts of the network service.
pub const DESCRIPTOR: ServiceDescriptor = ServiceDescriptor {
    name: "network",
    about: "Serves the network: the register of schools, hubs, and published reach",
    grpc_services: &[
        "mathshubs.network.v1.RegisterService",
        "mathshubs.network.v1.HubService",
        "mathshubs.network.v1.ReachService",
        "mathshubs.feed.v1.FeedService",
    ],
    migrations: &[MIGRATIONS],
    sources: &[],
    answer_retention: AnswerRetention::Days30,
};

/// The network: the register of schools, hubs, and published reach.
#[derive(Debug)]
pub enum Network {}

impl Service for Network {
    type Config = Config;
    const DESCRIPTOR: ServiceDescriptor = DESCRIPTOR;

    fn parts(context: &Context, config: &Config) -> Parts {
        let api = Api { context: context.clone(), config: config.clone(), import_turn: Arc::new(Semaphore::new(1)) };
        let routes = Routes::new(limited!(RegisterServiceServer::new(api.clone())))
            .add_service(limited!(HubServiceServer::new(api.clone())))
            .add_service(limited!(ReachServiceServer::new(api)));
        Parts::new(routes)
    }
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
