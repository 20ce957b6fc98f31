//! Services that serve TLS as separate processes: accepted and refused clients, and error messages about unusable files.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod process;

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
    time::Duration,
};

use access::{Caller, Claims, LocalKey, Role};
use client::{Connection, Retry, TokenSource};
use process::{Fixture, Process};
use proto::network::v1::{ListHubsRequest, ListHubsResponse, hub_service_client::HubServiceClient};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use stories::{ReservedAddress, register};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use tonic::{
    Code, Status,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};

/// Maximum wait for an issuer's keys: more than a failed fetch, the pause after it and another fetch take.
const KEYS_MAX: Duration = Duration::from_secs(40);

/// A certificate authority and a certificate of it, as files of a folder: `NAME-ca.pem`, `NAME.pem` and `NAME.key`.
struct Party {
    ca: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

impl Party {
    /// A new authority and its certificate for `localhost`.
    fn new(folder: &Path, name: &str) -> Self {
        let (ca_key, mut ca) = (KeyPair::generate().unwrap(), CertificateParams::new([]).unwrap());
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
        let write = |end: &str, text: String| {
            let path = folder.join(format!("{name}{end}"));
            fs::write(&path, text).unwrap();
            path
        };
        Self {
            ca: write("-ca.pem", ca_pem),
            certificate: write(".pem", certificate.pem()),
            key: write(".key", key.serialize_pem()),
        }
    }

    /// Settings of a service that serves with this certificate, and demands client certificates of `clients` if given.
    fn serving<'s>(&'s self, clients: Option<&'s Self>) -> Vec<(&'static str, &'s str)> {
        let mut settings =
            vec![("MATHSHUBS_TLS_CERTIFICATE_PATH", text(&self.certificate)), ("MATHSHUBS_TLS_KEY_PATH", text(&self.key))];
        settings.extend(clients.map(|clients| ("MATHSHUBS_TLS_CLIENT_CA_PATH", text(&clients.ca))));
        settings
    }

    /// Settings of a caller of `server` that presents this certificate.
    fn calling<'s>(&'s self, server: &'s Self) -> [(&'static str, &'s str); 3] {
        [
            ("MATHSHUBS_PEER_CA_PATH", text(&server.ca)),
            ("MATHSHUBS_PEER_CERTIFICATE_PATH", text(&self.certificate)),
            ("MATHSHUBS_PEER_KEY_PATH", text(&self.key)),
        ]
    }

    fn identity(&self) -> Identity {
        Identity::from_pem(fs::read(&self.certificate).unwrap(), fs::read(&self.key).unwrap())
    }

    /// Client settings that trust this authority.
    fn trusted_by(&self) -> ClientTlsConfig {
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(fs::read(&self.ca).unwrap()))
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The certificate is valid for `localhost`, not for the IP address.
fn https(service: &Process) -> String {
    service.url().replace("http://127.0.0.1", "https://localhost")
}

fn secured(service: &Process, tls: ClientTlsConfig) -> Channel {
    Endpoint::from_shared(https(service)).unwrap().tls_config(tls).unwrap().connect_lazy()
}

async fn hubs(channel: Channel, token: &str) -> Result<ListHubsResponse, Status> {
    let mut connection = Connection::new(channel).with_deadline(Duration::from_secs(10)).with_retry(Retry::NEVER);
    if !token.is_empty() {
        connection = connection.with_token(TokenSource::fixed(token).unwrap());
    }
    Ok(HubServiceClient::new(connection).list_hubs(ListHubsRequest::default()).await?.into_inner())
}

/// True if the connection failed before the service could answer.
fn unanswered(answer: Result<ListHubsResponse, Status>) -> bool {
    use tonic_types::StatusExt;
    answer.is_err_and(|status| status.code() != Code::Unauthenticated && status.get_details_error_info().is_none())
}

fn program(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mathshubs"))
        .args(arguments)
        .env("RUST_LOG", "error")
        .envs(settings.iter().copied())
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_a_client_that_trusts_the_authority_is_answered() {
    let fixture = Fixture::new();
    let (server, stranger) = (Party::new(fixture.folder.path(), "server"), Party::new(fixture.folder.path(), "stranger"));
    let network = fixture.serve("network", &server.serving(None));
    let token = fixture.token(Role::Ncetm, "ada");
    assert!(hubs(secured(&network, server.trusted_by()), &token).await.unwrap().hubs.is_empty());
    let nobody = hubs(secured(&network, server.trusted_by()), "").await.unwrap_err();
    assert_eq!(nobody.code(), Code::Unauthenticated, "a token is needed all the same");
    assert!(unanswered(hubs(secured(&network, stranger.trusted_by()), &token).await), "another authority");
    assert!(unanswered(hubs(network.channel(), &token).await), "plain text");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_client_certificates_only_a_client_with_a_valid_one_is_answered() {
    let fixture = Fixture::new();
    let [server, client, stranger] = ["server", "client", "stranger"].map(|name| Party::new(fixture.folder.path(), name));
    let network = fixture.serve("network", &server.serving(Some(&client)));
    let token = fixture.token(Role::Ncetm, "ada");
    let showing = |party: &Party| secured(&network, server.trusted_by().identity(party.identity()));
    assert!(hubs(showing(&client), &token).await.unwrap().hubs.is_empty());
    assert_eq!(hubs(showing(&client), "").await.unwrap_err().code(), Code::Unauthenticated, "a token is needed all the same");
    assert!(unanswered(hubs(secured(&network, server.trusted_by()), &token).await), "no certificate");
    assert!(unanswered(hubs(showing(&stranger), &token).await), "a certificate of another authority");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_and_commands_work_with_mutual_tls() {
    let fixture = Fixture::new();
    let [server, client] = ["server", "client"].map(|name| Party::new(fixture.folder.path(), name));
    let network = fixture.serve("network", &server.serving(Some(&client)));
    let reserved = ReservedAddress::new();
    let (network_url, admin) = (https(&network), reserved.address.to_string());
    let followed = [("MATHSHUBS_NETWORK_URL", network_url.as_str()), ("MATHSHUBS_ADMIN_LISTEN", admin.as_str())];
    let settings = [&server.serving(Some(&client))[..], &client.calling(&server), &followed].concat();
    let enrolment = fixture.serve("enrolment", &settings);
    let [specialists, funding] = ["specialists", "funding"].map(|service| fixture.serve(service, &server.serving(Some(&client))));

    let extract = fixture.path("edubasealldata20180901.csv");
    fs::write(&extract, register::as_of("2018-09-01").primary(100_001, register::SHEFFIELD).done().extract).unwrap();
    let token = fixture.token(Role::Ncetm, "ada");
    let import = ["import-register", text(&extract), "--address", &network_url];
    let by_ncetm = [("MATHSHUBS_TOKEN", token.as_str())];
    let refused = program(&import, &[&client.calling(&server)[..1], &by_ncetm].concat());
    let printed = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && printed.contains("give --peer-certificate-path"), "without a certificate: {printed}");
    let done = program(&import, &[&client.calling(&server)[..], &by_ncetm].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));

    // The register is in enrolment's mirror; the admin port stays in plain text, for probes.
    let position = |metrics: &str| {
        metrics.lines().find_map(|line| line.strip_prefix("feed_consumer_position")?.split_once("} ")?.1.parse::<f64>().ok())
    };
    let mut metrics = String::new();
    for _ in 0..1_200 {
        metrics = plain(&admin, "/metrics");
        if position(&metrics).is_some_and(|position| position >= 2.0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(position(&metrics).is_some_and(|position| position >= 2.0), "{metrics}");

    let (lake, out) = (fixture.path("lake"), fixture.path("report"));
    let enrolment_url = https(&enrolment);
    let token = fixture.token(Role::Publisher, "report");
    let others = [&specialists, &funding].map(https);
    let [specialists_url, funding_url] = others.each_ref().map(String::as_str);
    let report = ["report", "--network-address", &network_url, "--enrolment-address", &enrolment_url];
    let report = [&report[..], &["--specialists-address", specialists_url, "--funding-address", funding_url]].concat();
    let folders = ["--lake", text(&lake), "--out", text(&out), "--true-on", "2018-09-01"];
    let by_report = [("MATHSHUBS_TOKEN", token.as_str())];
    let done = program(&[&report[..], &folders].concat(), &[&client.calling(&server)[..], &by_report].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(out.join("reach_by_region.csv").exists());
    for service in [funding, specialists, enrolment, network] {
        service.stop();
    }
}

#[test]
fn unusable_files_are_named_at_the_start() {
    let fixture = Fixture::new();
    let [server, other] = ["server", "other"].map(|name| Party::new(fixture.folder.path(), name));
    let (missing, rubbish) = (fixture.path("missing.pem"), fixture.path("rubbish.pem"));
    fs::write(&rubbish, "rubbish").unwrap();
    let [certificate, key, ca] = ["MATHSHUBS_TLS_CERTIFICATE_PATH", "MATHSHUBS_TLS_KEY_PATH", "MATHSHUBS_TLS_CLIENT_CA_PATH"];
    let [peer_ca, peer_certificate, peer_key] = ["CA", "CERTIFICATE", "KEY"].map(|file| format!("MATHSHUBS_PEER_{file}_PATH"));
    let network = ("MATHSHUBS_NETWORK_URL", "https://localhost:1");
    let of_peer = (peer_ca.as_str(), text(&server.ca));
    let wrong: Vec<(Vec<(&str, &str)>, &str)> = vec![
        (vec![(certificate, text(&server.certificate))], "MATHSHUBS_TLS_KEY_PATH: is not set"),
        (vec![(key, text(&server.key))], "MATHSHUBS_TLS_CERTIFICATE_PATH: is not set"),
        (vec![(ca, text(&server.ca))], "MATHSHUBS_TLS_CERTIFICATE_PATH: is not set"),
        (vec![(certificate, text(&missing)), (key, text(&server.key))], "MATHSHUBS_TLS_CERTIFICATE_PATH: cannot read"),
        (vec![(certificate, text(&server.certificate)), (key, text(&missing))], "MATHSHUBS_TLS_KEY_PATH: cannot read"),
        (vec![(certificate, text(&server.certificate)), (key, text(&other.key))], "TLS cannot be served with the files of"),
        (vec![(certificate, text(&rubbish)), (key, text(&server.key))], "TLS cannot be served with the files of"),
        (
            vec![(certificate, text(&server.certificate)), (key, text(&server.key)), (ca, text(&rubbish))],
            "TLS cannot be served with",
        ),
        (vec![network], "`https://localhost:1` is an https address: give --peer-ca-path"),
        (vec![("MATHSHUBS_NETWORK_URL", "ftp://localhost:1")], "write it as http://HOST:PORT"),
        (vec![network, (peer_ca.as_str(), text(&missing))], "MATHSHUBS_PEER_CA_PATH: cannot read"),
        (vec![network, of_peer, (peer_certificate.as_str(), text(&server.certificate))], "MATHSHUBS_PEER_KEY_PATH: is not set"),
        (vec![network, of_peer, (peer_key.as_str(), text(&server.key))], "MATHSHUBS_PEER_CERTIFICATE_PATH: is not set"),
        (
            vec![network, of_peer, (peer_certificate.as_str(), text(&rubbish)), (peer_key.as_str(), text(&server.key))],
            "cannot be called with the files of",
        ),
    ];
    let (database, token) = (format!("sqlite:{}", text(&fixture.path("enrolment.db"))), fixture.path("token"));
    fs::write(&token, "token").unwrap();
    let peer_tokens = format!("network={}", text(&token));
    for (settings, word) in wrong {
        let common = [("MATHSHUBS_DATABASE_URL", database.as_str()), ("MATHSHUBS_PEER_TOKENS", peer_tokens.as_str())];
        let output = program(&["serve", "enrolment"], &[&common[..], &settings].concat());
        let printed = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && output.stdout.is_empty(),
            "{settings:?}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
        assert!(printed.contains(word) && !printed.contains("panicked"), "{settings:?}: {printed}");
    }
}

/// An identity provider that serves documents over TLS until the test ends. Returns its issuer name.
async fn provider(party: &Party, key: &LocalKey) -> String {
    let chain = CertificateDer::pem_file_iter(&party.certificate).unwrap().map(Result::unwrap).collect();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(&party.key).unwrap())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let name = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let document = format!(r#"{{"issuer": "{name}", "jwks_uri": "{name}/keys"}}"#);
    let keys = fs::read_to_string(key.jwks_path()).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        loop {
            // A client may have disconnected; it retries.
            let Ok(mut stream) = acceptor.accept(listener.accept().await.unwrap().0).await else { continue };
            let mut head = vec![0; 4096];
            let Ok(len) = stream.read(&mut head).await else { continue };
            let body = if head[..len].starts_with(b"GET /keys ") { &keys } else { &document };
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    name
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_discovered_issuer_is_accepted() {
    let (fixture, folder) = (Fixture::new(), tempfile::tempdir().unwrap());
    let party = Party::new(fixture.folder.path(), "provider");
    let key = LocalKey::open_or_create(folder.path()).unwrap();
    let issuer = provider(&party, &key).await;
    let trust = format!("{issuer}=discover roles=ncetm ca={}", text(&party.ca));
    let network = fixture.serve("network", &[("MATHSHUBS_TRUST", &trust)]);
    let caller = Caller::new(Role::Ncetm, "ada");
    let mut claims = Claims::new(&caller, Duration::from_secs(600));
    claims.iss = issuer;
    let token = key.sign(&claims);
    let until_keys_come = Retry { attempts_max: 1_000, ..Retry::default() };
    let connection = network.connection(&token).with_retry(until_keys_come).with_deadline(KEYS_MAX);
    let answer = HubServiceClient::new(connection).list_hubs(ListHubsRequest::default()).await;
    assert!(answer.unwrap().into_inner().hubs.is_empty());
    let stranger = hubs(network.channel(), &fixture.token(Role::Ncetm, "ada")).await.unwrap_err();
    assert_eq!(stranger.code(), Code::Unauthenticated, "the local key is not trusted here");
}

fn plain(address: &str, path: &str) -> String {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
