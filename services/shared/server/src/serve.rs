//! A service in its own process.

use std::{net::SocketAddr, sync::Arc};

use access::{AccessError, Authenticator, Authorizer};
use feed::Feed;
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use tonic::{service::Routes, transport::Server};

use crate::{Config, Readiness, Running, listeners, run, start::open_patiently, tls::secured};

impl Running {
    /// A service that is ready to run. `services` are the full names of its gRPC services, `mathshubs.network.v1.HubService`, without health and
    /// reflection. It is ready when its database answers. A mirror that lags or stopped does not affect readiness: the service works with the data
    /// that it has, and a metric shows the lag. Fails when the contracts lack the permissions of one of its methods.
    pub fn new(
        services: &[&'static str],
        routes: Routes,
        feed: &Feed,
        authenticator: Arc<Authenticator>,
    ) -> Result<Self, AccessError> {
        let feed = feed.clone();
        let check = move || -> BoxFuture<'static, Result<(), String>> {
            let feed = feed.clone();
            Box::pin(async move { feed.check().await })
        };
        Ok(Self {
            routes,
            services: services.to_vec(),
            authorizer: Authorizer::new(access::contracts(), services)?,
            authenticator,
            readiness: Readiness::new(vec![("database", Box::new(check))]),
            streams: CancellationToken::new(),
            refusals: None,
        })
    }
}

/// A service whose database is open.
pub struct Opened<B> {
    /// The server.
    pub running: Running,
    /// Its database, closed at the end.
    pub pool: db::Pool,
    /// Background work beside its calls, until `running.streams` is cancelled.
    pub background: B,
}

/// Serves a service until `shutdown` is cancelled, and drains it. `listening` is called with the address. `open` may be called several times, while the
/// database is away. Errors, with a remedy, when it cannot start: unusable TLS files, an address in use, a database that cannot be opened, a method
/// without permissions.
pub async fn serve<B: Future<Output = ()>>(
    service: &str,
    config: &Config,
    database_url: &str,
    shutdown: CancellationToken,
    listening: impl FnOnce(SocketAddr),
    open: impl AsyncFn(Arc<Authenticator>) -> anyhow::Result<Opened<B>>,
) -> anyhow::Result<()> {
    let authenticator = Arc::new(config.authenticator(service)?);
    secured(Server::builder(), config)?;
    let (listener, admin_listener) = listeners(config).await?;
    db::may_be_plaintext(database_url, config.peer_tls.plaintext_allowed)?;
    let open = async || open(Arc::clone(&authenticator)).await;
    let opened = open_patiently(database_url, admin_listener.as_ref(), &shutdown, open).await?;
    let Some(Opened { running, pool, background }) = opened else { return Ok(()) };
    listening(listener.local_addr()?);
    let (ran, ()) = tokio::join!(run(running, listener, admin_listener, config, shutdown), background);
    pool.close().await;
    Ok(ran?)
}
