//! One service: how each is made ready for the server, and how an operator runs one alone.

use std::{net::SocketAddr, sync::Arc};

use access::{Authenticator, Gate};
use anyhow::Context;
use server::{Readiness, Running};
use time::{Clock, Ids};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;

use super::asked_to_stop;

/// The network service, ready for [`server::run`], and the token that ends its streams and background work.
pub(super) fn network(
    service: &Arc<network::Service>,
    authenticator: Arc<Authenticator>,
) -> anyhow::Result<(Running, CancellationToken)> {
    let gate = gate(network::POLICIES, network::ROLE_METHOD, &network::SERVICES)?;
    Ok(running(service.routes(), &network::SERVICES, gate, authenticator, database(&service.feed)))
}

/// The enrolment service, the same.
pub(super) fn enrolment(
    service: &Arc<enrolment::Service>,
    authenticator: Arc<Authenticator>,
) -> anyhow::Result<(Running, CancellationToken)> {
    let gate = gate(enrolment::POLICIES, enrolment::ROLE_METHOD, &enrolment::SERVICES)?;
    // The mirror is no condition: enrolment goes on while the network is away.
    Ok(running(service.routes(), &enrolment::SERVICES, gate, authenticator, database(&service.feed)))
}

fn gate(policies: &str, table: &str, services: &[&str]) -> anyhow::Result<Gate> {
    Ok(Gate::new(policies, table, &access::served(proto::DESCRIPTORS, services))?)
}

fn running(
    routes: tonic::service::Routes,
    services: &[&'static str],
    gate: Gate,
    authenticator: Arc<Authenticator>,
    readiness: Readiness,
) -> (Running, CancellationToken) {
    let streams = CancellationToken::new();
    let running = Running {
        routes,
        services: services.to_vec(),
        descriptors: proto::DESCRIPTORS,
        gate,
        authenticator,
        readiness,
        streams: streams.clone(),
    };
    (running, streams)
}

/// A service is ready when its database answers.
fn database(feed: &feed::Feed) -> Readiness {
    let feed = feed.clone();
    let check = move || -> futures::future::BoxFuture<'static, Result<(), String>> {
        let feed = feed.clone();
        Box::pin(async move { feed.head_position().await.map(|_| ()).map_err(|error| error.to_string()) })
    };
    Readiness::new(vec![("database", Box::new(check))])
}

/// Runs the network service until it is asked to stop.
pub(crate) async fn serve_network(database_url: &str, config: &server::Config) -> anyhow::Result<()> {
    let (listener, admin_listener) = listeners(config).await?;
    db::create_if_missing(database_url).await?;
    let opened = network::Service::open(&network::Config::new(database_url), Clock::machine(), Ids::from_machine()).await?;
    let service = Arc::new(opened);
    let (running, streams) = network(&service, Arc::new(config.authenticator()?))?;
    say(&listener, "network");
    let served = server::run(running, listener, admin_listener, config, stop());
    let (served, ()) = tokio::join!(served, service.background(streams));
    service.pool.close().await;
    served.context("the network service failed")
}

/// Runs the enrolment service until it is asked to stop. Without a network URL it hears nothing of schools and hubs.
pub(crate) async fn serve_enrolment(database_url: &str, network_url: &str, config: &server::Config) -> anyhow::Result<()> {
    let (listener, admin_listener) = listeners(config).await?;
    let token =
        config.token_source()?.context("enrolment reads the network's feed; give the file of its token with --token-path")?;
    let endpoint = Endpoint::from_shared(network_url.to_owned());
    let channel = endpoint.with_context(|| format!("`{network_url}` is no URL; give http://HOST:PORT"))?.connect_lazy();
    db::create_if_missing(database_url).await?;
    let opened = enrolment::Service::open(&enrolment::Config::new(database_url), Clock::machine(), Ids::from_machine()).await?;
    let service = Arc::new(opened);
    let (running, streams) = enrolment(&service, Arc::new(config.authenticator()?))?;
    say(&listener, "enrolment");
    let served = server::run(running, listener, admin_listener, config, stop());
    let (served, ()) = tokio::join!(served, service.background(Some(enrolment::Network { channel, token }), streams));
    service.pool.close().await;
    served.context("the enrolment service failed")
}

async fn listeners(config: &server::Config) -> anyhow::Result<(TcpListener, Option<TcpListener>)> {
    let listener = server::listen(config.listen).await?;
    let admin_listener = match config.admin_listen {
        Some(address) => Some(server::listen(address).await?),
        None => None,
    };
    Ok((listener, admin_listener))
}

fn say(listener: &TcpListener, service: &str) {
    let address = listener.local_addr().map_or_else(|_| String::new(), |address: SocketAddr| address.to_string());
    println!("{service} serves on {address}");
}

/// Cancelled when somebody asks the program to stop.
fn stop() -> CancellationToken {
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        asked_to_stop().await;
        asked.cancel();
    });
    stop
}
