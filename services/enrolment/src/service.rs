//! The service as a whole: opened, routed, and kept going.

use std::time::Duration;

use anyhow::Context;
use feed::{ConsumerStatus, ConsumerWatch, Feed};
use proto::enrolment::v1::{
    application_service_server::ApplicationServiceServer, participation_service_server::ParticipationServiceServer,
    round_service_server::RoundServiceServer,
};
use server::Peer;
use time::{Clock, Ids};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::{Config, act::Desk, api::Api, lapse::lapse_all};

/// How often the machine looks for offers that lapse; the civil clock decides which.
const LAPSE_INTERVAL: Duration = Duration::from_secs(60);

/// Steps of enrolment's schema, besides those of the mirror.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 100, name: "enrolment", sql: include_str!("../migrations/0100_enrolment.sql") }];

/// The gRPC services of [`Service::routes`].
pub const SERVICES: [&str; 4] = [
    "mathshubs.enrolment.v1.RoundService",
    "mathshubs.enrolment.v1.ApplicationService",
    "mathshubs.enrolment.v1.ParticipationService",
    "mathshubs.feed.v1.FeedService",
];

/// Enrolment, opened on its database.
pub struct Service {
    /// Its database.
    pub pool: db::Pool,
    /// Its feed.
    pub feed: Feed,
    /// What time its rules go by.
    pub clock: Clock,
    /// Where its ids come from.
    pub ids: Ids,
    lapses_offers: bool,
    /// Watches the consumer, once there is one.
    mirror: watch::Sender<Option<ConsumerWatch>>,
}

impl Service {
    /// Opens the database and brings its schema up to date.
    pub async fn open(config: &Config, clock: Clock, ids: Ids) -> anyhow::Result<Self> {
        let options = feed::Options { connections_max: config.connections_max, ..feed::Options::new("enrolment") };
        let migrations = [mirror::MIGRATIONS, MIGRATIONS].concat();
        let opened = feed::open(&config.database_url, &migrations, clock.clone(), ids.clone(), options).await;
        let (pool, feed) = opened.context("enrolment cannot open its database")?;
        Ok(Self { pool, feed, clock, ids, lapses_offers: config.lapses_offers, mirror: watch::channel(None).0 })
    }

    /// RoundService, ApplicationService, ParticipationService and FeedService. Who may call what is decided by the layer around them.
    pub fn routes(&self) -> Routes {
        let api = Api { desk: self.desk() };
        Routes::new(server::limited!(RoundServiceServer::new(api.clone())))
            .add_service(server::limited!(ApplicationServiceServer::new(api.clone())))
            .add_service(server::limited!(ParticipationServiceServer::new(api)))
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

    /// Keeps the feed in order, follows the network's if it is told where, lets offers lapse, and forgets old answers, until shutdown.
    pub async fn background(&self, network: Option<Peer>, shutdown: CancellationToken) {
        metrics::describe_counter!("enrolment_offers_lapsed_total", "Offers that lapsed because nobody accepted them in time.");
        let mirror = async {
            if let Some(network) = network {
                let consumer = network.consumer(self.pool.clone(), "enrolment", "network", mirror::Network);
                self.mirror.send_replace(Some(consumer.watch()));
                consumer.run(shutdown.clone()).await;
            }
        };
        let forgetting = server::forget_answers(&self.pool, &self.clock, &shutdown);
        tokio::join!(self.feed.clone().run(shutdown.clone()), mirror, self.keep_lapsing(&shutdown), forgetting);
    }

    async fn keep_lapsing(&self, shutdown: &CancellationToken) {
        let mut interval = tokio::time::interval(LAPSE_INTERVAL);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = interval.tick() => {}
            }
            if self.lapses_offers {
                self.lapse_offers().await;
            }
        }
    }

    async fn lapse_offers(&self) {
        match lapse_all(&self.desk()).await {
            Ok(done) if done.lapsed_count > 0 => {
                metrics::counter!("enrolment_offers_lapsed_total").increment(done.lapsed_count.unsigned_abs().into());
                tracing::info!(lapsed = done.lapsed_count, offered = done.offered_count, "offers lapsed");
            }
            Ok(_) => {}
            Err(error) => tracing::error!(?error, "offers could not lapse; trying again in a minute"),
        }
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
