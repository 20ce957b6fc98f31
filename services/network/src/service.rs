//! The service as a whole: opened, routed, and kept going.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{Config, act::Desk, api, store, store::MIGRATIONS};

/// The gRPC services that are served, besides health and reflection.
pub const SERVICES: [&str; 4] = [
    "mathshubs.network.v1.RegisterService",
    "mathshubs.network.v1.HubService",
    "mathshubs.network.v1.ReachService",
    "mathshubs.feed.v1.FeedService",
];

/// The network, opened on its database.
pub struct Service {
    /// Its database.
    pub pool: db::Pool,
    /// Its feed.
    pub feed: feed::Feed,
    /// What time its rules go by.
    pub clock: time::Clock,
    /// Where its ids come from.
    pub ids: time::Ids,
    desk: Desk,
}

impl Service {
    /// Opens the database and brings its schema up to date.
    pub async fn open(config: &Config, clock: time::Clock, ids: time::Ids) -> anyhow::Result<Self> {
        let options = feed::Options { connections_max: config.connections_max, ..feed::Options::new("network") };
        let (pool, feed) = feed::open(&config.database_url, MIGRATIONS, clock.clone(), ids.clone(), options).await?;
        let desk = Desk {
            pool: pool.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            register_size_max_bytes: config.register_size_max_bytes,
            stream_timeout: config.stream_timeout,
            future_register_allowed: config.future_register_allowed,
            import_turn: Arc::new(tokio::sync::Semaphore::new(1)),
        };
        Ok(Self { pool, feed, clock, ids, desk })
    }

    /// Marks the suite as created for a demonstration: every register that is imported from now on carries the mark in its event.
    pub async fn mark_demonstration(&self) -> anyhow::Result<()> {
        Ok(self.pool.write(|mut tx| Box::pin(async move { store::register_mark_demonstration(&mut tx).await })).await?)
    }

    /// Every gRPC service of it, without authentication: the layer around them puts the caller into each request.
    pub fn routes(&self) -> tonic::service::Routes {
        api::routes(&self.desk, &self.feed)
    }

    /// What goes on beside the calls, until shutdown.
    pub async fn background(&self, shutdown: CancellationToken) {
        tokio::join!(self.feed.clone().run(shutdown.clone()), server::forget_answers(&self.pool, &self.clock, &shutdown));
    }
}
