//! The declaration of the network service.

use service::{AnswerRetention, Context, Parts, Service, ServiceDescriptor};

use crate::{Config, api, store};

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
    migrations: &[store::MIGRATIONS],
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
        Parts::new(api::routes(context, config))
    }
}

/// Marks the suite as created for a demonstration: every register that is imported from now on carries the mark in its event.
pub async fn mark_demonstration(context: &Context) -> Result<(), db::Error> {
    context.pool.write(|mut tx| Box::pin(async move { store::register_mark_demonstration(&mut tx).await })).await
}
