//! The service as a whole: opened, routed, and kept going.

use anyhow::Context;
use feed::{ConsumerStatus, ConsumerWatch, Feed};
use proto::specialists::v1::{cohort_service_server::CohortServiceServer, nomination_service_server::NominationServiceServer};
use server::Peer;
use time::{Clock, Ids};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::{Config, act::Desk, api::Api};

/// Steps of specialists' schema, besides those of the mirror.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 100, name: "specialists", sql: include_str!("../migrations/0100_specialists.sql") }];

/// The gRPC services of [`Service::routes`].
pub const SERVICES: [&str; 3] =
    ["mathshubs.specialists.v1.CohortService", "mathshubs.specialists.v1.NominationService", "mathshubs.feed.v1.FeedService"];

/// Specialists, opened on its database.
pub struct Service {
    /// Its database.
    pub pool: db::Pool,
    /// Its feed.
    pub feed: Feed,
    /// What time its rules go by.
    pub clock: Clock,
    /// Where its ids come from.
    pub ids: Ids,
    /// Watches the consumer, once there is one.
    mirror: watch::Sender<Option<ConsumerWatch>>,
}

impl Service {
    /// Opens the database and brings its schema up to date.
    pub async fn open(config: &Config, clock: Clock, ids: Ids) -> anyhow::Result<Self> {
        let options = feed::Options { connections_max: config.connections_max, ..feed::Options::new("specialists") };
        let migrations = [mirror::MIGRATIONS, MIGRATIONS].concat();
        let opened = feed::open(&config.database_url, &migrations, clock.clone(), ids.clone(), options).await;
        let (pool, feed) = opened.context("specialists cannot open its database")?;
        Ok(Self { pool, feed, clock, ids, mirror: watch::channel(None).0 })
    }

    /// CohortService, NominationService and FeedService. Who may call what is decided by the layer around them.
    pub fn routes(&self) -> Routes {
        let api = Api { desk: self.desk() };
        Routes::new(server::limited!(CohortServiceServer::new(api.clone())))
            .add_service(server::limited!(NominationServiceServer::new(api)))
            .add_service(self.feed.service())
    }

    /// How far the mirror of the network's feed is. None while nothing is followed.
    pub fn mirror_status(&self) -> Option<ConsumerStatus> {
        self.mirror.borrow().as_ref().map(ConsumerWatch::status)
    }

    /// Waits until everything that the network recorded up to a position is mirrored. Errors, with the reason, when the mirror has stopped.
    pub async fn mirror_caught_up_with(&self, position: i64) -> Result<(), String> {
        let mut mirror = self.mirror.subscribe();
        let watch = mirror.wait_for(Option::is_some).await.map_err(|_| "the service has ended".to_owned())?.clone();
        watch.expect("waited for").caught_up_with(position).await
    }

    /// Keeps the feed in order, follows the network's if it is told where, and forgets old answers, until shutdown.
    pub async fn background(&self, network: Option<Peer>, shutdown: CancellationToken) {
        let mirror = async {
            if let Some(network) = network {
                let consumer = network.consumer(self.pool.clone(), "specialists", "network", mirror::Network);
                self.mirror.send_replace(Some(consumer.watch()));
                consumer.run(shutdown.clone()).await;
            }
        };
        let forgetting = server::forget_answers(&self.pool, &self.clock, &shutdown);
        tokio::join!(self.feed.clone().run(shutdown.clone()), mirror, forgetting);
    }

    fn desk(&self) -> Desk {
        Desk { pool: self.pool.clone(), clock: self.clock.clone(), ids: self.ids.clone() }
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Service({:?})", self.pool)
    }
}
