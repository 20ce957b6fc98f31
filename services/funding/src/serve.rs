//! Funding as a process of its own.

use std::{net::SocketAddr, sync::Arc};

use access::{Authenticator, Gate, GateError};
use server::{Peer, Readiness, Running};
use time::{Clock, Ids};
use tokio_util::sync::CancellationToken;

use crate::{Config, POLICIES, ROLE_METHOD, SERVICES, Service};

impl Service {
    /// Ready for [`server::run`]. Errors when the policies differ from their table.
    pub fn running(&self, authenticator: Arc<Authenticator>) -> Result<Running, GateError> {
        Ok(Running {
            routes: self.routes(),
            services: SERVICES.to_vec(),
            descriptors: proto::DESCRIPTORS,
            gate: Gate::new(POLICIES, ROLE_METHOD, &access::served(proto::DESCRIPTORS, &SERVICES))?,
            authenticator,
            readiness: self.readiness(),
            streams: CancellationToken::new(),
        })
    }

    /// It is ready when its database answers. A mirror that lags or stopped is no reason to take no calls: the service goes on with what it knows,
    /// and a metric tells.
    fn readiness(&self) -> Readiness {
        let feed = self.feed.clone();
        let check = move || -> futures::future::BoxFuture<'static, Result<(), String>> {
            let feed = feed.clone();
            Box::pin(async move { feed.head_position().await.map(drop).map_err(|error| error.to_string()) })
        };
        Readiness::new(vec![("database", Box::new(check))])
    }
}

/// Serves until `shutdown` is cancelled, and lets calls in flight finish. `listening` hears the address as soon as there is one. Errors, with what to
/// do, when it cannot begin: an address that is taken, a database that cannot be opened, policies that differ from their table.
pub async fn serve(
    config: &Config,
    serving: &server::Config,
    shutdown: CancellationToken,
    listening: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let authenticator = Arc::new(serving.authenticator()?);
    let peer = |url: &Option<String>| url.as_deref().map(|url| Peer::open(url, serving)).transpose();
    let (network, enrolment) = (peer(&config.network_url)?, peer(&config.enrolment_url)?);
    let (listener, admin_listener) = server::listeners(serving).await?;
    db::create_if_missing(&config.database_url).await?;
    let service = Service::open(config, Clock::machine(), Ids::from_machine()).await?;
    let running = service.running(authenticator)?;
    let streams = running.streams.clone();
    listening(listener.local_addr()?);
    let served = server::run(running, listener, admin_listener, serving, shutdown);
    let (ran, ()) = tokio::join!(served, service.background(network, enrolment, streams));
    service.pool.close().await;
    Ok(ran?)
}
