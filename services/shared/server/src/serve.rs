//! A service as a process of its own.

use std::{net::SocketAddr, sync::Arc};

use access::{Authenticator, Gate, GateError};
use feed::Feed;
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use tonic::{service::Routes, transport::Server};

use crate::{Config, Readiness, Running, listeners, run, tls::secured};

/// What a service is to callers: its gRPC services, and who may call what.
#[derive(Debug)]
pub struct Face {
    /// Full names of its gRPC services, `mathshubs.network.v1.HubService`, without health and reflection.
    pub services: &'static [&'static str],
    /// The Cedar policies.
    pub policies: &'static str,
    /// The reviewed table that they are held against.
    pub role_method: &'static str,
    /// An encoded `FileDescriptorSet` with the services.
    pub descriptors: &'static [u8],
}

impl Running {
    /// A service with a face, ready to run. It is ready to be called when its database answers; a mirror that lags or stopped is no reason to take no
    /// calls: the service goes on with what it knows, and a metric tells. Errors when the policies differ from their table.
    pub fn new(face: &Face, routes: Routes, feed: &Feed, authenticator: Arc<Authenticator>) -> Result<Self, GateError> {
        let feed = feed.clone();
        let check = move || -> BoxFuture<'static, Result<(), String>> {
            let feed = feed.clone();
            Box::pin(async move { feed.head_position().await.map(drop).map_err(|error| error.to_string()) })
        };
        Ok(Self {
            routes,
            services: face.services.to_vec(),
            descriptors: face.descriptors,
            gate: Gate::new(face.policies, face.role_method, &access::served(face.descriptors, face.services))?,
            authenticator,
            readiness: Readiness::new(vec![("database", Box::new(check))]),
            streams: CancellationToken::new(),
        })
    }
}

/// A service whose database is open.
pub struct Opened<B> {
    /// Ready to run.
    pub running: Running,
    /// Its database, closed at the end.
    pub pool: db::Pool,
    /// What goes on beside its calls, until the streams of `running` are told to end.
    pub background: B,
}

/// Serves a service until `shutdown` is cancelled, and lets calls in flight finish. `listening` hears the address as soon as there is one. Errors, with
/// what to do, when it cannot begin: files for TLS that cannot be used, an address that is taken, a database that cannot be opened, policies that
/// differ from their table.
pub async fn serve<B: Future<Output = ()>>(
    config: &Config,
    database_url: &str,
    shutdown: CancellationToken,
    listening: impl FnOnce(SocketAddr),
    open: impl AsyncFnOnce(Arc<Authenticator>) -> anyhow::Result<Opened<B>>,
) -> anyhow::Result<()> {
    let authenticator = Arc::new(config.authenticator()?);
    secured(Server::builder(), config)?;
    let (listener, admin_listener) = listeners(config).await?;
    db::create_if_missing(database_url).await?;
    let Opened { running, pool, background } = open(authenticator).await?;
    listening(listener.local_addr()?);
    let (ran, ()) = tokio::join!(run(running, listener, admin_listener, config, shutdown), background);
    pool.close().await;
    Ok(ran?)
}
