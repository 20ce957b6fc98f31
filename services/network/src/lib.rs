//! The network: which schools there are, which hubs, which school chose which hub, and how far the programme has reached.
//!
//! Start at `proto/mathshubs/network/v1`. A request goes from `api` to a use case (one file per verb) to `domain` and `store`.

mod api;
mod approve_reach;
mod choose_hub;
mod code;
mod config;
mod create_hub;
mod domain;
mod error;
mod events;
mod import_register;
mod publish_reach;
mod store;
mod update_hub;
mod wire;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub use config::Config;
pub use domain::geography;

/// The arithmetic of published figures, for whoever makes and whoever checks them.
pub mod reach {
    pub use crate::domain::reach::{RANKED_SCHOOLS_MIN, coldness_ppm, permille};
}

/// What a use case works with.
#[derive(Debug, Clone)]
pub(crate) struct Core {
    pub(crate) pool: db::Pool,
    pub(crate) clock: time::Clock,
    pub(crate) ids: time::Ids,
    pub(crate) register_size_max_bytes: usize,
    /// One import at a time is in memory.
    pub(crate) import_turn: Arc<tokio::sync::Semaphore>,
}

/// The service, opened.
pub struct Service {
    /// Its database.
    pub pool: db::Pool,
    /// Its feed.
    pub feed: feed::Feed,
    core: Core,
}

impl Service {
    /// Opens the database and brings its schema up to date.
    pub async fn open(config: &Config, clock: time::Clock, ids: time::Ids) -> anyhow::Result<Self> {
        let options = feed::Options { connections_max: config.connections_max, ..feed::Options::new("network") };
        let (pool, feed) = feed::open(&config.database_url, store::MIGRATIONS, clock.clone(), ids.clone(), options).await?;
        let core = Core {
            pool: pool.clone(),
            clock,
            ids,
            register_size_max_bytes: config.register_size_max_bytes,
            import_turn: Arc::new(tokio::sync::Semaphore::new(1)),
        };
        Ok(Self { pool, feed, core })
    }

    /// Every gRPC service of it, without authentication: the layer around them puts the caller into each request.
    pub fn routes(&self) -> tonic::service::Routes {
        api::routes(&self.core, &self.feed)
    }

    /// What goes on beside the calls, until shutdown.
    pub async fn background(&self, shutdown: CancellationToken) {
        self.feed.clone().run(shutdown).await;
    }
}
