//! Running a service until it is asked to stop, and then letting it finish.

use std::{sync::Arc, time::Duration};

use access::{Authenticator, Authorizer};
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::{
    service::Routes,
    transport::{Server, server::TcpIncoming},
};
use tonic_health::{
    ServingStatus,
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};

use crate::{Config, Readiness, TlsError, admin, layer::CallLayer, tls::secured};

/// A connection on which nothing comes is asked after so long, and closed when no answer comes.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest set of headers: a token and some metadata.
const HEADERS_SIZE_MAX: u32 = 16 * 1024;
/// What a caller may send on a connection before any of it was read.
const STREAM_WINDOW_SIZE_BYTES: u32 = 4 * 1024 * 1024;
/// The largest piece in which it comes.
const FRAME_SIZE_MAX_BYTES: u32 = 256 * 1024;

/// A service, ready to run.
pub struct Running {
    /// Its gRPC services; health and reflection are added.
    pub routes: Routes,
    /// Their full names, `mathshubs.network.v1.HubService`: for health and reflection.
    pub services: Vec<&'static str>,
    /// Which role may call what.
    pub authorizer: Authorizer,
    /// Who calls.
    pub authenticator: Arc<Authenticator>,
    /// What must hold for it to be given calls.
    pub readiness: Readiness,
    /// Cancelled by [`run`] when streams must end. Hand it to what serves streams and to background work; streams that do not listen to it are
    /// ended with UNAVAILABLE.
    pub streams: CancellationToken,
}

/// Why a service did not run, or stopped running.
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

/// Serves until `shutdown` is cancelled. Then: health says NOT_SERVING and readiness says no; after a short grace, in which load balancers notice,
/// streams end and no connection is taken any more; calls in flight finish, up to a limit; what is left then is cut off with UNAVAILABLE.
pub async fn run(
    running: Running,
    listener: TcpListener,
    admin_listener: Option<TcpListener>,
    config: &Config,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    admin::metrics_handle();
    let Running { routes, services, authorizer, authenticator, readiness, streams } = running;
    let (stop, hard) = (CancellationToken::new(), CancellationToken::new());
    let health = HealthReporter::new();
    for service in &services {
        health.set_service_status(service, ServingStatus::Serving).await;
    }
    let layer = CallLayer::new(authorizer, authenticator, config, streams.clone(), hard.clone());
    let routes = reflected(routes, &services)?.add_service(health_server(&health));
    let builder = secured(transport(), config)?
        .max_concurrent_streams(config.streams_per_connection_max)
        // Without a grace: with one, tonic closes connections without having asked them to go. Calls are bounded by their deadlines.
        .max_connection_age(Duration::from_secs(config.connection_age_max_seconds))
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .http2_max_header_list_size(HEADERS_SIZE_MAX);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = builder.layer(layer).add_routes(routes).serve_with_incoming_shutdown(incoming, stop.clone().cancelled_owned());
    let mut server = tokio::spawn(server);
    let admin_stop = CancellationToken::new();
    let _admin = admin_listener.map(|listener| admin_spawn(listener, &readiness, &health, admin_stop.clone()));
    let _stop_admin = admin_stop.drop_guard();
    let upkeep = tokio::spawn(upkeep());

    tokio::select! {
        ended = &mut server => {
            // Nobody asked it to; whatever the reason, streams and background work must not go on alone.
            streams.cancel();
            return ended.expect("the server does not panic").map_err(RunError::from);
        }
        () = shutdown.cancelled() => {}
    }
    tracing::info!("draining: no more calls are wanted");
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
            // The answers that say so still have to go out.
            if timeout(Duration::from_secs(1), &mut server).await.is_err() {
                server.abort();
            }
        }
    }
    tracing::info!("drained");
    Ok(())
}

/// The transport, before its limits. Whoever sends files of many megabytes should seldom wait for leave to send more.
pub fn transport() -> Server {
    Server::builder()
        .initial_stream_window_size(STREAM_WINDOW_SIZE_BYTES)
        .initial_connection_window_size(STREAM_WINDOW_SIZE_BYTES)
        .max_frame_size(FRAME_SIZE_MAX_BYTES)
}

fn health_server(health: &HealthReporter) -> HealthServer<HealthService> {
    HealthServer::new(HealthService::from_health_reporter(health.clone()))
}

/// Adds reflection, v1 and v1alpha, that lists the services which are served, and no others.
fn reflected(routes: Routes, services: &[&'static str]) -> Result<Routes, RunError> {
    let builder = || {
        let builder = tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(proto::DESCRIPTORS);
        services.iter().fold(builder, |builder, service| builder.with_service_name(*service))
    };
    Ok(routes.add_service(builder().build_v1()?).add_service(builder().build_v1alpha()?))
}

fn admin_spawn(
    listener: TcpListener,
    readiness: &Readiness,
    health: &HealthReporter,
    stop: CancellationToken,
) -> JoinHandle<Result<(), tonic::transport::Error>> {
    let routes = Routes::from(admin::router(readiness.clone())).add_service(health_server(health));
    let server = Server::builder().accept_http1(true).max_concurrent_streams(16).add_routes(routes);
    // Not graceful: a probe that holds its connection open must not hold up the end.
    let serve = server.serve_with_incoming(TcpIncoming::from(listener));
    tokio::spawn(async move { stop.run_until_cancelled(serve).await.unwrap_or(Ok(())) })
}

/// Histograms keep every value until somebody asks for the figures; where nobody does, they would grow.
async fn upkeep() {
    let mut ticks = tokio::time::interval(Duration::from_secs(5));
    loop {
        ticks.tick().await;
        admin::metrics_handle().run_upkeep();
    }
}
