//! The service as a whole: opened, routed, and kept going.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use anyhow::Context;
use feed::{ConsumerStatus, ConsumerWatch, Feed};
use proto::funding::v1::{
    budget_service_server::BudgetServiceServer, entitlement_service_server::EntitlementServiceServer,
    ledger_service_server::LedgerServiceServer, payment_service_server::PaymentServiceServer,
    policy_service_server::PolicyServiceServer,
};
use server::Peer;
use time::{Clock, Ids};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::{
    Config,
    act::Desk,
    api::Api,
    mirror::{Enrolment, Network},
    sweep::sweep,
};

/// How often a service looks for what is left to do, unless it is told otherwise.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Steps of funding's schema.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 100, name: "funding", sql: include_str!("../migrations/0100_funding.sql") }];

/// The gRPC services of [`Service::routes`].
pub const SERVICES: [&str; 6] = [
    "mathshubs.funding.v1.PolicyService",
    "mathshubs.funding.v1.BudgetService",
    "mathshubs.funding.v1.EntitlementService",
    "mathshubs.funding.v1.PaymentService",
    "mathshubs.funding.v1.LedgerService",
    "mathshubs.feed.v1.FeedService",
];

/// Watches a consumer, once there is one.
type Watch = watch::Sender<Option<ConsumerWatch>>;

/// Funding, opened on its database. Answers of its requests are kept for ever: they are about money.
pub struct Service {
    /// Its database.
    pub pool: db::Pool,
    /// Its feed.
    pub feed: Feed,
    /// What time its rules go by.
    pub clock: Clock,
    /// Where its ids come from.
    pub ids: Ids,
    /// How often it looks for what is left to do, by the machine's clock.
    pub sweep_interval: Duration,
    network_mirror: Watch,
    enrolment_mirror: Watch,
}

impl Service {
    /// Opens the database and brings its schema up to date.
    pub async fn open(config: &Config, clock: Clock, ids: Ids) -> anyhow::Result<Self> {
        let options = feed::Options { connections_max: config.connections_max, ..feed::Options::new("funding") };
        let migrations = [mirror::MIGRATIONS, MIGRATIONS].concat();
        let opened = feed::open(&config.database_url, &migrations, clock.clone(), ids.clone(), options).await;
        let (pool, feed) = opened.context("funding cannot open its database")?;
        let (network_mirror, enrolment_mirror) = (watch::channel(None).0, watch::channel(None).0);
        Ok(Self { pool, feed, clock, ids, sweep_interval: SWEEP_INTERVAL, network_mirror, enrolment_mirror })
    }

    /// PolicyService, BudgetService, EntitlementService, PaymentService, LedgerService and FeedService. Who may call what is decided by the layer around
    /// them.
    pub fn routes(&self) -> Routes {
        let api = Api { desk: self.desk() };
        Routes::new(server::limited!(PolicyServiceServer::new(api.clone())))
            .add_service(server::limited!(BudgetServiceServer::new(api.clone())))
            .add_service(server::limited!(EntitlementServiceServer::new(api.clone())))
            .add_service(server::limited!(PaymentServiceServer::new(api.clone())))
            .add_service(server::limited!(LedgerServiceServer::new(api)))
            .add_service(self.feed.service())
    }

    /// How far the mirror of the network's feed is. None while it is not followed.
    pub fn network_mirror_status(&self) -> Option<ConsumerStatus> {
        self.network_mirror.borrow().as_ref().map(ConsumerWatch::status)
    }

    /// How far the mirror of enrolment's feed is. None while it is not followed.
    pub fn enrolment_mirror_status(&self) -> Option<ConsumerStatus> {
        self.enrolment_mirror.borrow().as_ref().map(ConsumerWatch::status)
    }

    /// Waits until everything that the network recorded up to a position is mirrored. Errors, with the reason, when the mirror has stopped.
    pub async fn network_mirror_caught_up_with(&self, position: i64) -> Result<(), String> {
        caught_up_with(&self.network_mirror, position).await
    }

    /// Waits until everything that enrolment recorded up to a position has had its effect. Errors, with the reason, when the mirror has stopped.
    pub async fn enrolment_mirror_caught_up_with(&self, position: i64) -> Result<(), String> {
        caught_up_with(&self.enrolment_mirror, position).await
    }

    /// Keeps the feed in order, follows the others if it is told where they are, and does what the service does by itself, until shutdown.
    pub async fn background(&self, network: Option<Peer>, enrolment: Option<Peer>, shutdown: CancellationToken) {
        let look_due = Arc::new(AtomicBool::new(false));
        let follow_network = async {
            if let Some(peer) = network {
                let apply = Network { clock: self.clock.clone(), ids: self.ids.clone(), look_due: Arc::clone(&look_due) };
                let consumer = peer.consumer(self.pool.clone(), "funding", "network", apply);
                self.network_mirror.send_replace(Some(consumer.watch()));
                consumer.run(shutdown.clone()).await;
            }
        };
        let follow_enrolment = async {
            if let Some(peer) = enrolment {
                let apply = Enrolment { clock: self.clock.clone(), ids: self.ids.clone() };
                let consumer = peer.consumer(self.pool.clone(), "funding", "enrolment", apply);
                self.enrolment_mirror.send_replace(Some(consumer.watch()));
                consumer.run(shutdown.clone()).await;
            }
        };
        let sweeping = self.keep_sweeping(&look_due, &shutdown);
        tokio::join!(self.feed.clone().run(shutdown.clone()), follow_network, follow_enrolment, sweeping);
    }

    async fn keep_sweeping(&self, look_due: &AtomicBool, shutdown: &CancellationToken) {
        let mut interval = tokio::time::interval(self.sweep_interval);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (desk, mut looked) = (self.desk(), None);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = interval.tick() => {}
            }
            match sweep(&desk, &mut looked, look_due).await {
                Ok(swept) if swept.arisen + swept.funded > 0 => {
                    tracing::info!(arisen = swept.arisen, funded = swept.funded, "entitlements that waited arose or were funded");
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "what is left to do could not be done; trying again soon"),
            }
        }
    }

    fn desk(&self) -> Desk {
        Desk { pool: self.pool.clone(), clock: self.clock.clone(), ids: self.ids.clone() }
    }
}

async fn caught_up_with(mirror: &Watch, position: i64) -> Result<(), String> {
    let mut mirror = mirror.subscribe();
    let watch = mirror.wait_for(Option::is_some).await.map_err(|_| "the service has ended".to_owned())?.clone();
    watch.expect("waited for").caught_up_with(position).await
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Service({:?})", self.pool)
    }
}
