//! Runs a service until shutdown, and drains it.

use std::{sync::Arc, time::Duration};

use access::{Authenticator, Authorizer, Caller};
use futures::TryStreamExt;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::{service::Routes, transport::Server};
use tonic_health::{
    ServingStatus,
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};

use crate::{Config, Readiness, TlsError, admin, admission::Admission, layer::CallLayer, tls::secured};

/// Idle time after which a connection is pinged, and closed without an answer.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Age at which a connection to the admin port is closed; probes and scrapers open new ones.
const ADMIN_CONNECTION_END: Duration = Duration::from_secs(300);
const UPKEEP_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum size of headers: a token and some metadata.
const HEADERS_SIZE_MAX: u32 = 16 * 1024;
/// HTTP/2 flow control window of a connection and of a stream.
const STREAM_WINDOW_SIZE_BYTES: u32 = 4 * 1024 * 1024;
/// Maximum size of a received HTTP/2 frame.
const FRAME_SIZE_MAX_BYTES: u32 = 256 * 1024;

/// A service that is ready to run.
pub struct Running {
    /// Its gRPC services; health and reflection are added.
    pub routes: Routes,
    /// Their full names, `mathshubs.network.v1.HubService`, for health and reflection.
    pub services: Vec<&'static str>,
    /// The permissions of roles.
    pub authorizer: Authorizer,
    /// The verifier of tokens.
    pub authenticator: Arc<Authenticator>,
    /// The conditions of readiness.
    pub readiness: Readiness,
    /// Cancelled by [`run`] when streams must end, for handlers of streams and background work. A stream that ignores it ends with UNAVAILABLE.
    pub streams: CancellationToken,
    /// Gets the refusals of authenticated callers.
    pub refusals: Option<RefusalSink>,
}

/// A refusal of an authenticated caller: for its permission, its scope or a second person.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The caller.
    pub caller: Arc<Caller>,
    /// `mathshubs.network.v1.HubService/CreateHub`.
    pub method: String,
    /// The reason, as `proto/reasons.csv` lists it.
    pub reason: String,
}

/// Takes refusals; it must not wait.
pub type RefusalSink = Arc<dyn Fn(Refusal) + Send + Sync>;

/// A service could not start, or stopped with an error.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The files for TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The contracts do not describe the services.
    #[error("reflection cannot describe the services: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The transport refused its settings or failed.
    #[error("the server failed: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// Serves until `shutdown` is cancelled. Then health reports NOT_SERVING and readiness fails; after a short grace, in which load balancers notice,
/// streams end and no new connection is accepted; calls in flight finish, up to a limit; the remaining ones are cut off with UNAVAILABLE.
pub async fn run(
    running: Running,
    listener: TcpListener,
    admin_listener: Option<TcpListener>,
    config: &Config,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    admin::metrics_handle();
    let Running { routes, services, authorizer, authenticator, readiness, streams, refusals } = running;
    let (stop, hard) = (CancellationToken::new(), CancellationToken::new());
    let health = HealthReporter::new();
    for service in &services {
        health.set_service_status(service, ServingStatus::Serving).await;
    }
    let admission = Arc::new(Admission::new(config));
    let layer =
        CallLayer::new(authorizer, authenticator, refusals, config, Arc::clone(&admission), streams.clone(), hard.clone());
    let routes = reflected(routes, &services)?.add_service(health_server(&health));
    let builder = secured(transport(), config)?
        .max_concurrent_streams(config.streams_per_connection_max)
        // No grace period: with one, tonic closes connections without sending GOAWAY first. Deadlines bound the calls.
        .max_connection_age(Duration::from_secs(config.connection_age_max_seconds))
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .http2_max_header_list_size(HEADERS_SIZE_MAX);
    let incoming = Arc::clone(&admission).connections(listener, config.connection_end());
    let server = builder.layer(layer).add_routes(routes).serve_with_incoming_shutdown(incoming, stop.clone().cancelled_owned());
    let mut server = tokio::spawn(server);
    let admin_stop = CancellationToken::new();
    let _admin = admin_listener.map(|listener| admin_spawn(listener, &readiness, &health, admin_stop.clone()));
    let _stop_admin = admin_stop.drop_guard();
    let upkeep = tokio::spawn(upkeep(admission));

    tokio::select! {
        ended = &mut server => {
            // The server ended without a shutdown; streams and background work must end with it.
            streams.cancel();
            return ended.expect("the server does not panic").map_err(RunError::from);
        }
        () = shutdown.cancelled() => {}
    }
    tracing::info!("draining: new calls are refused");
    readiness.drain();
    health.set_service_status("", ServingStatus::NotServing).await;
    for service in &services {
        health.set_service_status(service, ServingStatus::NotServing).await;
    }
    tokio::time::sleep(config.drain_grace()).await;
    stop.cancel();
    streams.cancel();
    let drained = timeout(config.drain_max(), &mut server).await;
    upkeep.abort();
    match drained {
        Ok(ended) => ended.expect("the server does not panic")?,
        Err(_) => {
            tracing::warn!("calls did not finish in time and are cut off");
            hard.cancel();
            // The answers of calls that are cut off still have to be sent.
            if timeout(Duration::from_secs(1), &mut server).await.is_err() {
                server.abort();
            }
        }
    }
    tracing::info!("drained");
    Ok(())
}

/// The transport without its limits. The flow control windows suit uploads of many megabytes.
pub fn transport() -> Server {
    Server::builder()
        .initial_stream_window_size(STREAM_WINDOW_SIZE_BYTES)
        .initial_connection_window_size(STREAM_WINDOW_SIZE_BYTES)
        .max_frame_size(FRAME_SIZE_MAX_BYTES)
}

fn health_server(health: &HealthReporter) -> HealthServer<HealthService> {
    HealthServer::new(HealthService::from_health_reporter(health.clone()))
}

/// Adds reflection, v1 and v1alpha, for the served services only.
fn reflected(routes: Routes, services: &[&'static str]) -> Result<Routes, RunError> {
    let builder = || {
        let builder = tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(proto::DESCRIPTORS);
        services.iter().fold(builder, |builder, service| builder.with_service_name(*service))
    };
    Ok(routes.add_service(builder().build_v1()?).add_service(builder().build_v1alpha()?))
}

pub(crate) fn admin_spawn(
    listener: TcpListener,
    readiness: &Readiness,
    health: &HealthReporter,
    stop: CancellationToken,
) -> JoinHandle<Result<(), tonic::transport::Error>> {
    let routes = Routes::from(admin::router(readiness.clone())).add_service(health_server(health));
    let server = Server::builder().accept_http1(true).max_concurrent_streams(16).add_routes(routes);
    // Not graceful: a probe that keeps its connection open must not delay the shutdown.
    let admission = Arc::new(Admission::new(&Config::default()));
    let connections = admission.connections(listener, ADMIN_CONNECTION_END).inspect_ok(|connection| connection.peer().calls());
    let serve = server.serve_with_incoming(connections);
    tokio::spawn(async move { stop.run_until_cancelled(serve).await.unwrap_or(Ok(())) })
}

/// Keeps the limits that need a clock. Histograms keep every value until they are rendered; without a scraper they would grow.
async fn upkeep(admission: Arc<Admission>) {
    let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        ticks.tick().await;
        admission.keep_up();
        admin::metrics_handle().run_upkeep();
    }
}
