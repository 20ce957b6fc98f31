//! The services of a suite, each with its server and its background work.

use std::{net::SocketAddr, path::Path, sync::Arc};

use access::{Authenticator, Authorizer, LOCAL_ISSUER, LocalKey, Role, TokenRules, TokenSource, Trusted, audience_of};
use client::{Connection, PeerTls};
use service::OpenedService;
use time::{Clock, Ids};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use crate::{
    Connections, ReservedAddress,
    identity::{OTHER_ISSUER, identity, other_issuer_key},
};

/// The network service and enrolment, served from given databases.
pub struct Served {
    pub(crate) key: Arc<LocalKey>,
    /// The other services keep calling these addresses while network or enrolment is stopped.
    pub(crate) network_address: ReservedAddress,
    pub(crate) enrolment_address: ReservedAddress,
    /// Enrolment calls this address, at which the story may start specialists.
    pub(crate) specialists_address: ReservedAddress,
    pub(crate) network: Arc<OpenedService>,
    pub(crate) enrolment: Arc<OpenedService>,
    pub(crate) network_server: Server,
    pub(crate) enrolment_server: Server,
}

impl Served {
    /// Opens the databases and listens on free ports. The signing key is in a folder, and is created if it is missing.
    pub async fn start(network_url: &str, enrolment_url: &str, key_folder: &Path, clock: Clock) -> Self {
        let key = Arc::new(LocalKey::open_or_create(key_folder).expect("a key can be kept in the folder"));
        let (network_address, enrolment_address) = (ReservedAddress::new(), ReservedAddress::new());
        let addresses = [network_address.address, enrolment_address.address];
        let (network, network_server) = start_network(network_url, &key, addresses, clock.clone()).await;
        let config = enrolment::Config::new(enrolment_url);
        let enrolment = OpenedService::open::<enrolment::Enrolment>(&config, clock, Ids::from_machine())
            .await
            .expect("enrolment opens its database");
        let enrolment = Arc::new(enrolment);
        let of_network = peer(network_server.address, &key, "enrolment", "network");
        let specialists_address = ReservedAddress::new();
        let of_specialists = peer(specialists_address.address, &key, "enrolment", "specialists");
        let background = {
            let enrolment = Arc::clone(&enrolment);
            let peers = vec![("network", of_network), ("specialists", of_specialists)];
            |shutdown| async move { enrolment.background(peers, shutdown).await }
        };
        let services = enrolment::DESCRIPTOR.grpc_services.to_vec();
        let enrolment_server = Server::start(enrolment.routes(), services, &key, enrolment_address.address, background).await;
        Self {
            key,
            network_address,
            enrolment_address,
            specialists_address,
            network,
            enrolment,
            network_server,
            enrolment_server,
        }
    }

    /// Addresses of the network service and enrolment.
    pub fn addresses(&self) -> [SocketAddr; 2] {
        [self.network_server.address, self.enrolment_server.address]
    }

    pub(crate) fn connections(&self) -> Connections {
        let [network, enrolment] = self.addresses().map(connection);
        Connections { network, enrolment, specialists: None, funding: None }
    }
}

/// Specialists, served from a given database.
pub(crate) struct SpecialistsServed {
    pub(crate) url: String,
    pub(crate) specialists: Arc<OpenedService>,
    pub(crate) server: Server,
}

impl SpecialistsServed {
    /// Listens on `address`.
    pub(crate) async fn start(url: &str, key_folder: &Path, [address, network]: [SocketAddr; 2], clock: Clock) -> Self {
        let key = Arc::new(LocalKey::open_or_create(key_folder).expect("a key can be kept in the folder"));
        let config = specialists::Config::new(url);
        let service = OpenedService::open::<specialists::Specialists>(&config, clock, Ids::from_machine()).await;
        let specialists = Arc::new(service.expect("specialists opens its database"));
        let of_network = peer(network, &key, "specialists", "network");
        let background = {
            let specialists = Arc::clone(&specialists);
            |shutdown| async move { specialists.background(vec![("network", of_network)], shutdown).await }
        };
        let services = specialists::DESCRIPTOR.grpc_services.to_vec();
        let server = Server::start(specialists.routes(), services, &key, address, background).await;
        Self { url: url.to_owned(), specialists, server }
    }
}

/// Funding, served from a given database.
pub struct FundingServed {
    pub(crate) funding: Arc<OpenedService>,
    pub(crate) server: Server,
}

impl FundingServed {
    /// Opens the database, listens on a free port, and follows the network service and enrolment at these addresses.
    pub async fn start(url: &str, key_folder: &Path, [network, enrolment]: [SocketAddr; 2], clock: Clock) -> Self {
        let key = Arc::new(LocalKey::open_or_create(key_folder).expect("a key can be kept in the folder"));
        let service = OpenedService::open::<funding::Funding>(&funding::Config::new(url), clock, Ids::from_machine()).await;
        let funding = Arc::new(service.expect("funding opens its database"));
        let (of_network, of_enrolment) =
            (peer(network, &key, "funding", "network"), peer(enrolment, &key, "funding", "enrolment"));
        let background = {
            let funding = Arc::clone(&funding);
            |shutdown| async move { funding.background(vec![("network", of_network), ("enrolment", of_enrolment)], shutdown).await }
        };
        let server =
            Server::start(funding.routes(), funding::DESCRIPTOR.grpc_services.to_vec(), &key, free_port(), background).await;
        Self { funding, server }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }
}

/// A connection of one service to another, with the caller's identity.
fn peer(address: SocketAddr, key: &Arc<LocalKey>, caller: &str, service: &str) -> server::Peer {
    let caller = identity(Role::Follower, &format!("follower-{caller}"));
    server::Peer { channel: channel(address), token: TokenSource::local(Arc::clone(key), caller, &audience_of(service)) }
}

/// Network, which follows enrolment at the second address.
pub(crate) async fn start_network(
    url: &str,
    key: &Arc<LocalKey>,
    [address, enrolment]: [SocketAddr; 2],
    clock: Clock,
) -> (Arc<OpenedService>, Server) {
    let config = network::Config::new(url);
    let network = OpenedService::open::<network::Network>(&config, clock, Ids::from_machine())
        .await
        .expect("the network opens its database");
    let network = Arc::new(network);
    let of_enrolment = peer(enrolment, key, "network", "enrolment");
    let background = {
        let network = Arc::clone(&network);
        |shutdown| async move { network.background(vec![("enrolment", of_enrolment)], shutdown).await }
    };
    let server = Server::start(network.routes(), network::DESCRIPTOR.grpc_services.to_vec(), key, address, background).await;
    (network, server)
}

/// One gRPC server and its background work.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shutdown: CancellationToken,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Server {
    async fn start<B: Future<Output = ()> + Send + 'static>(
        routes: tonic::service::Routes,
        services: Vec<&'static str>,
        key: &LocalKey,
        address: SocketAddr,
        background: impl FnOnce(CancellationToken) -> B,
    ) -> Self {
        let listener = server::listen(address).await.expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let (shutdown, streams) = (CancellationToken::new(), CancellationToken::new());
        let authorizer =
            Authorizer::new(access::contracts(), &services).expect("the contracts declare the permissions of each method");
        let service = services[0].split('.').nth(1).expect("a service is named mathshubs.network.v1.HubService").to_owned();
        let trusted = [
            Trusted::file(LOCAL_ISSUER, key.jwks_path(), &Role::ALL),
            Trusted::file(OTHER_ISSUER, other_issuer_key(key).jwks_path(), &[Role::HubLead, Role::School]),
        ];
        let running = server::Running {
            routes,
            services,
            authorizer,
            authenticator: Arc::new(Authenticator::new(&trusted, &TokenRules::new(service)).expect("local keys can be trusted")),
            readiness: server::Readiness::default(),
            streams: streams.clone(),
            refusals: None,
        };
        // All callers of a story have one address, like those behind a gateway.
        let trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        let config = server::Config { drain_grace_ms: 0, drain_max_ms: 2_000, trusted_proxies, ..server::Config::default() };
        let serving = {
            let shutdown = shutdown.clone();
            async move { server::run(running, listener, None, &config, shutdown).await.expect("the server runs until it is stopped") }
        };
        let tasks = vec![tokio::spawn(serving), tokio::spawn(background(streams))];
        Self { address, shutdown, tasks }
    }

    pub(crate) async fn stop(&mut self) {
        self.shutdown.cancel();
        for task in self.tasks.drain(..) {
            task.await.expect("a server stops without panic");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

/// A channel that connects with the first call, and again after a disconnect.
fn channel(address: SocketAddr) -> Channel {
    PeerTls::default().endpoint(&format!("http://{address}")).expect("an address makes a URL").connect_lazy()
}

pub(crate) fn connection(address: SocketAddr) -> Connection {
    Connection::new(channel(address))
}

fn free_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}
