//! The services in one process: what `up` and `demo` share.

mod databases;
mod key;

use std::{net::SocketAddr, sync::Arc};

use access::Authenticator;
use anyhow::{Context, anyhow};
pub(crate) use databases::Databases;
pub(crate) use key::Key;
use time::{Clock, Ids};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

/// What a suite is started with.
pub(crate) struct Settings {
    /// Opened, and brought up to date.
    pub(crate) databases: Databases,
    /// Signs the services' own tokens, and is the only one that is trusted.
    pub(crate) key: Key,
    /// For gRPC of the network service.
    pub(crate) network_listener: TcpListener,
    /// For gRPC of the enrolment service.
    pub(crate) enrolment_listener: TcpListener,
    /// For health and metrics.
    pub(crate) admin_listener: Option<TcpListener>,
    /// What rules go by.
    pub(crate) clock: Clock,
    /// Where ids come from.
    pub(crate) ids: Ids,
    /// Whether offers lapse by themselves as the machine's time goes by. Not where the civil clock is moved by hand.
    pub(crate) lapses_offers: bool,
    /// Limits.
    pub(crate) config: server::Config,
}

/// All services, running.
pub(crate) struct Suite {
    network: Arc<network::Service>,
    enrolment: Arc<enrolment::Service>,
    network_address: SocketAddr,
    enrolment_address: SocketAddr,
    shutdown: CancellationToken,
    tasks: tokio::sync::Mutex<JoinSet<anyhow::Result<()>>>,
}

impl Suite {
    /// Starts all services. Errors when a database cannot be opened.
    pub(crate) async fn start(settings: Settings) -> anyhow::Result<Self> {
        let Settings { databases, key, network_listener, enrolment_listener, admin_listener, clock, ids, lapses_offers, config } =
            settings;
        let network_address = network_listener.local_addr().context("a listener knows its address")?;
        let enrolment_address = enrolment_listener.local_addr().context("a listener knows its address")?;
        let network = network::Service::open(&network::Config::new(databases.network), clock.clone(), ids.clone()).await?;
        let config_of_enrolment = enrolment::Config { lapses_offers, ..enrolment::Config::new(databases.enrolment) };
        let enrolment = enrolment::Service::open(&config_of_enrolment, clock, ids).await?;
        let (network, enrolment) = (Arc::new(network), Arc::new(enrolment));
        let authenticator = Arc::new(Authenticator::local(&key.0)?);
        let shutdown = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let running = network.running(Arc::clone(&authenticator))?;
        let streams = running.streams.clone();
        tasks.spawn({
            let (network, config, shutdown) = (Arc::clone(&network), config.clone(), shutdown.clone());
            async move {
                let served = server::run(running, network_listener, admin_listener, &config, shutdown);
                let (served, ()) = tokio::join!(served, network.background(streams));
                network.pool.close().await;
                served.context("the network service failed")
            }
        });
        // In the same process, and yet over the wire: so it is what runs on several machines.
        let channel = endpoint(network_address)?.connect_lazy();
        let source = server::Peer { channel, token: key.token_source("enrolment") };
        let running = enrolment.running(authenticator)?;
        let streams = running.streams.clone();
        tasks.spawn({
            let (enrolment, shutdown) = (Arc::clone(&enrolment), shutdown.clone());
            async move {
                let served = server::run(running, enrolment_listener, None, &config, shutdown);
                let (served, ()) = tokio::join!(served, enrolment.background(Some(source), streams));
                enrolment.pool.close().await;
                served.context("the enrolment service failed")
            }
        });
        let tasks = tokio::sync::Mutex::new(tasks);
        Ok(Self { network, enrolment, network_address, enrolment_address, shutdown, tasks })
    }

    /// Where the network service is.
    pub(crate) fn network_address(&self) -> SocketAddr {
        self.network_address
    }

    /// Where the enrolment service is.
    pub(crate) fn enrolment_address(&self) -> SocketAddr {
        self.enrolment_address
    }

    /// To the network service.
    pub(crate) async fn network_channel(&self) -> anyhow::Result<Channel> {
        Ok(endpoint(self.network_address)?.connect().await?)
    }

    /// To the enrolment service.
    pub(crate) async fn enrolment_channel(&self) -> anyhow::Result<Channel> {
        Ok(endpoint(self.enrolment_address)?.connect().await?)
    }

    /// Waits until everything that was recorded so far can be read from the feeds.
    pub(crate) async fn sequenced(&self) -> anyhow::Result<()> {
        self.network.feed.head_position().await?;
        self.enrolment.feed.head_position().await?;
        Ok(())
    }

    /// Waits until enrolment has mirrored everything that the network recorded so far.
    pub(crate) async fn catch_up(&self) -> anyhow::Result<()> {
        let position = self.network.feed.head_position().await?;
        let caught_up = self.enrolment.mirror_caught_up_with(position).await;
        caught_up.map_err(|why| anyhow!("enrolment's mirror of the network stopped: {why}"))
    }

    /// Waits until a service ends by itself, which it does only when it fails.
    pub(crate) async fn ended(&self) -> anyhow::Result<()> {
        match self.tasks.lock().await.join_next().await {
            Some(Ok(Ok(()))) | None => Err(anyhow!("a service ended, and nobody had asked it to")),
            Some(Ok(Err(error))) => Err(error),
            Some(Err(error)) => Err(anyhow!("a service broke down: {error}")),
        }
    }

    /// Lets calls in flight finish, ends the services and closes their databases.
    pub(crate) async fn stop(&self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        let mut tasks = self.tasks.lock().await;
        let mut result = Ok(());
        while let Some(ended) = tasks.join_next().await {
            let ended = ended.unwrap_or_else(|error| Err(anyhow!("a service broke down: {error}")));
            result = result.and(ended);
        }
        result
    }
}

fn endpoint(address: SocketAddr) -> anyhow::Result<Endpoint> {
    Ok(Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true))
}
