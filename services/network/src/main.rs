//! Runs the network service alone.

use std::process::ExitCode;

use access::Gate;
use clap::Parser;
use network::{Config, POLICIES, ROLE_METHOD, SERVICES, Service, methods};
use server::{Readiness, Running};
use time::{Clock, Ids};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Schools, hubs and published reach, over gRPC.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`
    #[arg(long, env = "MATHSHUBS_DATABASE_URL")]
    database_url: String,
    #[command(flatten)]
    server: server::Config,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("network: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    let config = &arguments.server;
    let _telemetry = server::telemetry::init(config.log_format, config.otlp_endpoint.as_deref(), "network")?;
    let listener = server::listen(config.listen).await?;
    let admin_listener = match config.admin_listen {
        Some(address) => Some(server::listen(address).await?),
        None => None,
    };
    let service = Service::open(&Config::new(arguments.database_url), Clock::machine(), Ids::from_machine()).await?;
    let (streams, shutdown) = (CancellationToken::new(), CancellationToken::new());
    let running = Running {
        routes: service.routes(),
        services: SERVICES.to_vec(),
        descriptors: proto::DESCRIPTORS,
        gate: Gate::new(POLICIES, ROLE_METHOD, &methods())?,
        authenticator: std::sync::Arc::new(config.authenticator()?),
        readiness: readiness(&service),
        streams: streams.clone(),
    };
    println!("network serves on {}", listener.local_addr()?);
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        stop.cancel();
    });
    let served = server::run(running, listener, admin_listener, config, shutdown);
    let (served, ()) = tokio::join!(served, service.background(streams));
    service.pool.close().await;
    Ok(served?)
}

/// It is ready when its database answers.
fn readiness(service: &Service) -> Readiness {
    let feed = service.feed.clone();
    let check = move || -> futures::future::BoxFuture<'static, Result<(), String>> {
        let feed = feed.clone();
        Box::pin(async move { feed.head_position().await.map(drop).map_err(|error| error.to_string()) })
    };
    Readiness::new(vec![("database", Box::new(check))])
}
