//! The start of a service whose database, issuer or peer is away, and the check of what it reaches.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admin;
mod process;

use std::{
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use access::Role;
use admin::{WAIT_MAX, admin_says};
use process::{Fixture, Process};
use proto::network::v1::{ListHubsRequest, hub_service_client::HubServiceClient};
use stories::ReservedAddress;
use tokio::{io::copy_bidirectional, net::TcpListener};
use tonic::{Code, Status, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus, health_client::HealthClient,
};

/// Starts network on a database, with an admin port. Its output is not read.
fn start_network(fixture: &Fixture, database_url: &str, admin: SocketAddr) -> Child {
    let mut program = fixture.command("serve", "network");
    program.env("MATHSHUBS_DATABASE_URL", database_url).env("MATHSHUBS_ADMIN_LISTEN", admin.to_string());
    program.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// The results of the probes of Kubernetes: liveness, which names no service, and readiness.
async fn probes(address: SocketAddr) -> [Result<ServingStatus, Code>; 2] {
    let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect_lazy();
    let [mut alive, mut ready] = [HealthClient::new(channel.clone()), HealthClient::new(channel)];
    let probed = |answer: Result<tonic::Response<HealthCheckResponse>, Status>| {
        answer.map(|answer| answer.into_inner().status()).map_err(|status| status.code())
    };
    let service = "mathshubs.feed.v1.FeedService".to_owned();
    [probed(alive.check(HealthCheckRequest::default()).await), probed(ready.check(HealthCheckRequest { service }).await)]
}

/// Passes connections at an address on to a server.
fn forward(listener: TcpListener, server: String) {
    tokio::spawn(async move {
        while let Ok((mut caller, _)) = listener.accept().await {
            let server = server.clone();
            tokio::spawn(async move {
                let mut server = tokio::net::TcpStream::connect(server).await.unwrap();
                // Either side may break the connection.
                let _ended = copy_bidirectional(&mut caller, &mut server).await;
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_at_the_start_is_waited_for() {
    let Some(database) = db::testing::postgres().await else { return db::testing::skip(db::testing::NO_POSTGRES) };
    let (fixture, away, admin_address) = (Fixture::new(), ReservedAddress::new(), ReservedAddress::new());
    let (user, rest) = database.url().rsplit_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let url = format!("{user}@{}/{name}", away.address);

    let network = start_network(&fixture, &url, admin_address.address);
    admin_says(admin_address.address, "/readyz", &["503", "database: cannot open the database", "refused", "not ready"]).await;
    admin_says(admin_address.address, "/healthz", &["200", "alive"]).await;
    assert_eq!(probes(admin_address.address).await, [Ok(ServingStatus::Serving), Err(Code::NotFound)]);
    forward(server::listen(away.address).await.unwrap(), server.to_owned());
    admin_says(admin_address.address, "/readyz", &["200", "database: ok"]).await;
    let network = tokio::task::spawn_blocking(|| Process::listening(network, "network")).await.unwrap();
    let ncetm = network.connection(&fixture.token(Role::Ncetm, "ncetm"));
    HubServiceClient::new(ncetm).list_hubs(ListHubsRequest::default()).await.unwrap();
    assert_eq!(probes(admin_address.address).await, [Ok(ServingStatus::Serving); 2]);
    network.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_waits_for_its_database_ends_with_a_signal() {
    let (fixture, away, admin_address) = (Fixture::new(), ReservedAddress::new(), ReservedAddress::new());
    let url = format!("postgres://anna@{}/base", away.address);
    let mut network = start_network(&fixture, &url, admin_address.address);
    admin_says(admin_address.address, "/readyz", &["503", "cannot open the database"]).await;
    assert!(Command::new("kill").args(["-TERM", &network.id().to_string()]).status().unwrap().success());
    let ended = tokio::task::spawn_blocking(move || network.wait().unwrap());
    assert!(tokio::time::timeout(WAIT_MAX, ended).await.unwrap().unwrap().success());
}

/// Runs `mathshubs check funding`. Gives its success and its output.
fn check(fixture: &Fixture, settings: &[(&str, &str)]) -> (bool, String) {
    let output = fixture.command("check", "funding").envs(settings.iter().copied()).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_says_which_database_issuer_and_peers_a_service_reaches() {
    let (fixture, nobody) = (Fixture::new(), ReservedAddress::new());
    let network = fixture.serve("network", &[]);
    let nobody = format!("http://{}", nobody.address);
    let (succeeded, printed) =
        check(&fixture, &[("MATHSHUBS_NETWORK_URL", &network.url()), ("MATHSHUBS_ENROLMENT_URL", &nobody)]);
    for line in [
        "ok      database: does not exist yet; the service creates it at its start",
        "ok      issuer mathshubs-local: 1 keys",
        &format!("ok      network at {}: serves, and its feed can be read", network.url()),
        &format!("FAILED  enrolment at {nobody}: does not answer: Connection refused"),
        "mathshubs: 1 of the above cannot be used",
    ] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
    assert!(!succeeded);

    let token = fixture.path("forged.token");
    std::fs::write(&token, "a.b.c").unwrap();
    let token = format!("network={}", token.display());
    let (succeeded, printed) = check(&fixture, &[("MATHSHUBS_NETWORK_URL", &network.url()), ("MATHSHUBS_PEER_TOKENS", &token)]);
    assert!(printed.contains("serves, but does not let this service read its feed: "), "{printed}");
    assert!(!succeeded);

    for database in db::testing::databases().await {
        let url = ("MATHSHUBS_DATABASE_URL", database.url());
        let network_url = ("MATHSHUBS_NETWORK_URL", network.url());
        let network_url = (network_url.0, network_url.1.as_str());
        let software = if database.is_postgres() { "PostgreSQL " } else { "SQLite " };
        if database.is_postgres() {
            let (succeeded, printed) = check(&fixture, &[url, network_url]);
            assert!(succeeded && printed.contains("the schema lacks ") && printed.contains(software), "{printed}");
        }
        fixture.serve("funding", &[url]).stop();
        let (succeeded, printed) = check(&fixture, &[url, network_url]);
        assert!(succeeded && printed.contains("the schema is up to date") && printed.contains(software), "{printed}");
        assert!(printed.contains("ok      enrolment: is not followed, because its URL is not set"), "{printed}");
    }
    network.stop();
}
