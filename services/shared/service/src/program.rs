//! A service as a program.

use std::{net::SocketAddr, process::ExitCode};

use clap::{CommandFactory, Parser};
use server::{Mistake, Opened, Peer, Settings};
use time::{Clock, Ids};
use tokio_util::sync::CancellationToken;

use crate::{OpenedService, Service, ServiceConfig};

/// The arguments of a service's command line.
#[derive(Parser)]
struct Arguments<S: Service> {
    #[command(flatten)]
    service: S::Config,
    #[command(flatten)]
    server: server::Config,
}

impl<S: Service> Settings for Arguments<S> {
    fn mistakes(&self) -> Vec<Mistake> {
        mistakes::<S>(&self.service, &self.server)
    }
}

/// The mistakes in the settings of a service. No database and no other service is called.
pub fn mistakes<S: Service>(config: &S::Config, serving: &server::Config) -> Vec<Mistake> {
    let sources = S::DESCRIPTOR.sources.iter().filter_map(|source| Some((*source, config.source_url(source)?)));
    serving.mistakes(config.database_url(), &sources.collect::<Vec<_>>())
}

/// The command line of a service.
pub fn command<S: Service>() -> clap::Command {
    let command = Arguments::<S>::command();
    command.name(S::DESCRIPTOR.name).about(S::DESCRIPTOR.about).version(env!("CARGO_PKG_VERSION"))
}

/// Runs a service alone: reads the command line, serves until a signal, and gives the exit code.
pub async fn main<S: Service>() -> ExitCode {
    let name = S::DESCRIPTOR.name;
    let Arguments { service, server } = match server::arguments_of::<Arguments<S>>(command::<S>()) {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    // Boxed: the compiler lays out a nested future at once, and an optimised build of a service nests more than it accepts.
    server::ended(name, server.log_format, Box::pin(run::<S>(&service, &server)).await)
}

/// Serves a service until a signal, with logs and traces as configured, and prints its address.
pub async fn run<S: Service>(config: &S::Config, serving: &server::Config) -> anyhow::Result<()> {
    let name = S::DESCRIPTOR.name;
    let _telemetry = server::telemetry::init(serving.log_format, serving.otlp_endpoint.as_deref(), name)?;
    let listening = |address| println!("{name} serves on {address}");
    serve::<S>(config, serving, server::shutdown_when_asked(), listening).await
}

/// Serves until `shutdown` is cancelled, as [`server::serve`] says.
pub async fn serve<S: Service>(
    config: &S::Config,
    serving: &server::Config,
    shutdown: CancellationToken,
    listening: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let mut peers = Vec::new();
    for source in S::DESCRIPTOR.sources {
        if let Some(url) = config.source_url(source) {
            peers.push((*source, Peer::open(source, url, serving)?));
        }
    }
    let open = async |authenticator| {
        let service = OpenedService::open::<S>(config, Clock::machine(), Ids::from_machine()).await?;
        let (running, pool) = (service.running(authenticator)?, service.context.pool.clone());
        let streams = running.streams.clone();
        let peers = peers.clone();
        Ok(Opened { running, pool, background: async move { service.background(peers, streams).await } })
    };
    server::serve(S::DESCRIPTOR.name, serving, config.database_url(), shutdown, listening, open).await
}
