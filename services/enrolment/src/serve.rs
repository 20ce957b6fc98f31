//! Enrolment as a process of its own.

use std::sync::Arc;

use anyhow::Context;
use server::{Readiness, Running};
use time::{Clock, Ids};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};

use crate::{Config, Network, POLICIES, ROLE_METHOD, SERVICES, Service};

/// Serves until `shutdown` is cancelled, and lets calls in flight finish. `listening` hears the address as soon as there is one. Errors, with what to
/// do, when it cannot begin: an address that is taken, a database that cannot be opened, policies that differ from their table.
pub async fn serve(
    config: &Config,
    serving: &server::Config,
    shutdown: CancellationToken,
    listening: impl FnOnce(std::net::SocketAddr),
) -> anyhow::Result<()> {
    let gate = access::Gate::new(POLICIES, ROLE_METHOD, &access::served(proto::DESCRIPTORS, &SERVICES))?;
    let authenticator = Arc::new(serving.authenticator()?);
    let network = network(config, serving)?;
    let listener = server::listen(serving.listen).await?;
    let admin_listener = match serving.admin_listen {
        Some(address) => Some(server::listen(address).await?),
        None => None,
    };
    let service = Arc::new(Service::open(config, Clock::machine(), Ids::from_machine()).await?);
    listening(listener.local_addr()?);
    let streams = CancellationToken::new();
    let running = Running {
        routes: service.routes(),
        services: SERVICES.to_vec(),
        descriptors: proto::DESCRIPTORS,
        gate,
        authenticator,
        readiness: readiness(&service),
        streams: streams.clone(),
    };
    let (ran, ()) =
        tokio::join!(server::run(running, listener, admin_listener, serving, shutdown), service.background(network, streams),);
    service.pool.close().await;
    Ok(ran?)
}

/// A mirror that lags or stopped is no reason to take no calls: the service goes on with what it knows, and a metric tells.
fn readiness(service: &Arc<Service>) -> Readiness {
    let service = Arc::clone(service);
    Readiness::new(vec![(
        "database",
        Box::new(move || {
            let service = Arc::clone(&service);
            Box::pin(async move { service.database_answers().await.map_err(|error| error.to_string()) })
        }),
    )])
}

fn network(config: &Config, serving: &server::Config) -> anyhow::Result<Option<Network>> {
    let Some(address) = &config.network_address else { return Ok(None) };
    let token = serving.token_source()?.context("to follow the network service a token is needed: give --token-path")?;
    let mut endpoint = Endpoint::from_shared(address.clone())
        .with_context(|| format!("`{address}` is no address of a service; write it as http://HOST:PORT"))?;
    if address.starts_with("https:") {
        let path = config.network_ca_path.as_deref().context("for an https address give --network-ca-path")?;
        let authorities = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        endpoint = endpoint.tls_config(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authorities)))?;
    }
    Ok(Some(Network { channel: endpoint.connect_lazy(), token }))
}
