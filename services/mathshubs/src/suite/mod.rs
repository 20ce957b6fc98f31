//! All services in one process, for `up` and `demo`.

mod databases;
mod key;
mod per_service;

use std::{net::SocketAddr, sync::Arc};

use access::Authenticator;
use anyhow::{Context, anyhow};
use client::{Connection, PeerTls};
pub(crate) use databases::{Databases, without_password};
pub(crate) use key::Key;
pub(crate) use per_service::{NAMES, PerService};
use server::Peer;
use service::OpenedService;
use time::{Clock, Ids};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

/// Settings of a suite.
pub(crate) struct Settings {
    /// Databases; they are opened and migrated.
    pub(crate) databases: Databases,
    /// Signs the services' own tokens; no other key is trusted.
    pub(crate) key: Key,
    /// Listeners for gRPC.
    pub(crate) listeners: PerService<TcpListener>,
    /// Listener for health and metrics.
    pub(crate) admin_listener: Option<TcpListener>,
    /// The civil clock.
    pub(crate) clock: Clock,
    /// The generator of ids.
    pub(crate) ids: Ids,
    /// True if a periodic job lapses offers. False where the demo moves the civil clock and calls LapseOffers itself.
    pub(crate) lapses_offers: bool,
    /// True if the suite is a demonstration: every imported register is then marked as such.
    pub(crate) demonstration: bool,
    /// True if registers of a future day are accepted, because the civil clock begins before the day of the extract.
    pub(crate) future_register_allowed: bool,
    /// Limits.
    pub(crate) config: server::Config,
}

/// All services of a running suite.
pub(crate) struct Suite {
    network: Arc<OpenedService>,
    enrolment: Arc<OpenedService>,
    specialists: Arc<OpenedService>,
    funding: Arc<OpenedService>,
    addresses: PerService<SocketAddr>,
    shutdown: CancellationToken,
    tasks: tokio::sync::Mutex<JoinSet<anyhow::Result<()>>>,
}

impl Suite {
    /// Starts all services. Errors when a database cannot be opened.
    pub(crate) async fn start(settings: Settings) -> anyhow::Result<Self> {
        let Settings {
            databases: Databases(databases),
            key,
            listeners,
            admin_listener,
            clock,
            ids,
            lapses_offers,
            demonstration,
            future_register_allowed,
            config,
        } = settings;
        let addresses = PerService {
            network: listeners.network.local_addr()?,
            enrolment: listeners.enrolment.local_addr()?,
            specialists: listeners.specialists.local_addr()?,
            funding: listeners.funding.local_addr()?,
        };
        let time = || (clock.clone(), ids.clone());
        let (clock_, ids_) = time();
        let config_of_network = network::Config { future_register_allowed, ..network::Config::new(databases.network) };
        let network = Arc::new(OpenedService::open::<network::Network>(&config_of_network, clock_, ids_).await?);
        if demonstration {
            network::mark_demonstration(&network.context).await?;
        }
        let (clock_, ids_) = time();
        let config_of_enrolment = enrolment::Config { lapses_offers, ..enrolment::Config::new(databases.enrolment) };
        let enrolment = Arc::new(OpenedService::open::<enrolment::Enrolment>(&config_of_enrolment, clock_, ids_).await?);
        let (clock_, ids_) = time();
        let config_of_specialists = specialists::Config::new(databases.specialists);
        let specialists = Arc::new(OpenedService::open::<specialists::Specialists>(&config_of_specialists, clock_, ids_).await?);
        let config_of_funding = funding::Config::new(databases.funding);
        let funding = Arc::new(OpenedService::open::<funding::Funding>(&config_of_funding, clock, ids).await?);

        let mut started = Started { tasks: JoinSet::new(), key: key.clone(), config, shutdown: CancellationToken::new() };
        // Calls between services go over loopback, as between several machines.
        let peer = |address, name: &'static str, follower: &str| -> anyhow::Result<_> {
            Ok((name, Peer { channel: channel(address)?, token: key.token_source(follower, name) }))
        };
        let of_network = |follower| peer(addresses.network, "network", follower);
        let peers = vec![
            peer(addresses.enrolment, "enrolment", "network")?,
            peer(addresses.specialists, "specialists", "network")?,
            peer(addresses.funding, "funding", "network")?,
        ];
        started.spawn(&network, (listeners.network, admin_listener), peers)?;
        let peers = vec![of_network("enrolment")?, peer(addresses.specialists, "specialists", "enrolment")?];
        started.spawn(&enrolment, (listeners.enrolment, None), peers)?;
        started.spawn(&specialists, (listeners.specialists, None), vec![of_network("specialists")?])?;
        let peers = vec![of_network("funding")?, peer(addresses.enrolment, "enrolment", "funding")?];
        started.spawn(&funding, (listeners.funding, None), peers)?;
        let Started { tasks, shutdown, .. } = started;
        Ok(Self { network, enrolment, specialists, funding, addresses, shutdown, tasks: tokio::sync::Mutex::new(tasks) })
    }

    /// Addresses of the services.
    pub(crate) fn addresses(&self) -> PerService<SocketAddr> {
        self.addresses
    }

    /// Connections to each service, without a token.
    pub(crate) fn connections(&self) -> anyhow::Result<PerService<Connection>> {
        self.addresses.try_map(|address| Ok(Connection::new(channel(address)?)))
    }

    /// Waits until all recorded events can be read from the feeds.
    pub(crate) async fn sequenced(&self) -> anyhow::Result<()> {
        self.network.feed.head_position().await?;
        self.enrolment.feed.head_position().await?;
        Ok(())
    }

    /// Waits until the other services have mirrored all events of the network service.
    pub(crate) async fn catch_up(&self) -> anyhow::Result<()> {
        let position = self.network.feed.head_position().await?;
        let stopped = |who: &'static str| move |why: String| anyhow!("the mirror that {who} keeps of the network stopped: {why}");
        self.enrolment.caught_up_with("network", position).await.map_err(stopped("enrolment"))?;
        self.specialists.caught_up_with("network", position).await.map_err(stopped("specialists"))?;
        self.funding.caught_up_with("network", position).await.map_err(stopped("funding"))
    }

    /// Waits until funding has applied all events of enrolment.
    pub(crate) async fn catch_up_funding(&self) -> anyhow::Result<()> {
        let position = self.enrolment.feed.head_position().await?;
        let caught_up = self.funding.caught_up_with("enrolment", position).await;
        caught_up.map_err(|why| anyhow!("the mirror that funding keeps of enrolment stopped: {why}"))
    }

    /// Waits until enrolment has applied all events of specialists.
    pub(crate) async fn catch_up_leaders(&self) -> anyhow::Result<()> {
        let position = self.specialists.feed.head_position().await?;
        let caught_up = self.enrolment.caught_up_with("specialists", position).await;
        caught_up.map_err(|why| anyhow!("the mirror that enrolment keeps of specialists stopped: {why}"))
    }

    /// Waits until a service ends without being stopped, which is always a failure.
    pub(crate) async fn ended(&self) -> anyhow::Result<()> {
        match self.tasks.lock().await.join_next().await {
            Some(Ok(Ok(()))) | None => Err(anyhow!("a service ended without being stopped")),
            Some(Ok(Err(error))) => Err(error),
            Some(Err(error)) => Err(anyhow!("a service panicked: {error}")),
        }
    }

    /// Drains calls in flight, stops the services and closes their databases.
    pub(crate) async fn stop(&self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        let mut tasks = self.tasks.lock().await;
        let mut result = Ok(());
        while let Some(ended) = tasks.join_next().await {
            let ended = ended.unwrap_or_else(|error| Err(anyhow!("a service panicked: {error}")));
            result = result.and(ended);
        }
        result
    }
}

/// The tasks of the services started so far.
struct Started {
    tasks: JoinSet<anyhow::Result<()>>,
    key: Key,
    config: server::Config,
    shutdown: CancellationToken,
}

impl Started {
    /// Serves one service with its background work. `peers` are the services whose feeds it follows.
    fn spawn(
        &mut self,
        service: &Arc<OpenedService>,
        (listener, admin_listener): (TcpListener, Option<TcpListener>),
        peers: Vec<(&'static str, Peer)>,
    ) -> anyhow::Result<()> {
        let authenticator = Arc::new(Authenticator::local(&self.key.0, service.descriptor.name)?);
        let (service, running) = (Arc::clone(service), service.running(authenticator)?);
        let (config, shutdown, streams) = (self.config.clone(), self.shutdown.clone(), running.streams.clone());
        self.tasks.spawn(async move {
            let served = server::run(running, listener, admin_listener, &config, shutdown);
            let (served, ()) = tokio::join!(served, service.background(peers, streams));
            service.context.pool.close().await;
            served.with_context(|| format!("the {} service failed", service.descriptor.name))
        });
        Ok(())
    }
}

fn channel(address: SocketAddr) -> anyhow::Result<Channel> {
    Ok(PeerTls::default().endpoint(&format!("http://{address}"))?.connect_lazy())
}
