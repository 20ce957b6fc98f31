//! Funding as a process of its own.

use std::{net::SocketAddr, sync::Arc};

use access::{AccessError, Authenticator};
use server::{Opened, Peer, Running};
use time::{Clock, Ids};
use tokio_util::sync::CancellationToken;

use crate::{Config, SERVICES, Service};

impl Service {
    /// Ready for [`server::run`]. Fails when the contracts do not say who may call one of its methods.
    pub fn running(&self, authenticator: Arc<Authenticator>) -> Result<Running, AccessError> {
        Running::new(&SERVICES, self.routes(), &self.feed, authenticator)
    }
}

/// Serves until `shutdown` is cancelled, as [`server::serve`] says.
pub async fn serve(
    config: &Config,
    serving: &server::Config,
    shutdown: CancellationToken,
    listening: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let network = config.network_url.as_deref().map(|url| Peer::open(url, serving)).transpose()?;
    let enrolment = config.enrolment_url.as_deref().map(|url| Peer::open(url, serving)).transpose()?;
    let open = async |authenticator| {
        let service = Service::open(config, Clock::machine(), Ids::from_machine()).await?;
        let (running, pool) = (service.running(authenticator)?, service.pool.clone());
        let streams = running.streams.clone();
        Ok(Opened { running, pool, background: async move { service.background(network, enrolment, streams).await } })
    };
    server::serve(serving, &config.database_url, shutdown, listening, open).await
}
