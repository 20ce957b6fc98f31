//! Settings of a server for operators, as flags or environment variables.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    ops::RangeInclusive,
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use access::{Authenticator, AuthenticatorError, Discovery, KeySource, Role, TOKEN_AGE_MAX, TokenRules, Trusted};
use clap::builder::RangedU64ValueParser;
use client::PeerTls;
use ipnet::IpNet;

use crate::admission::Times;

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// Human-readable lines.
    #[default]
    Pretty,
}

/// Addresses, trusted issuers and limits of a service. Flatten it into a command: `#[command(flatten)] server: server::Config`.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Serving")]
pub struct Config {
    /// Address for gRPC, `HOST:PORT`; port 0 selects a free port
    #[arg(long, env = "MATHSHUBS_LISTEN", default_value_t = default_listen(), value_parser = address)]
    pub listen: SocketAddr,
    /// Address for health, readiness and metrics, `HOST:PORT`; without it there is no admin port
    #[arg(long, env = "MATHSHUBS_ADMIN_LISTEN", value_parser = address)]
    pub admin_listen: Option<SocketAddr>,
    /// PEM file with the server's certificate chain; without it there is no TLS
    #[arg(long, env = "MATHSHUBS_TLS_CERTIFICATE_PATH")]
    pub tls_certificate_path: Option<PathBuf>,
    /// PEM file with the key of that certificate
    #[arg(long, env = "MATHSHUBS_TLS_KEY_PATH")]
    pub tls_key_path: Option<PathBuf>,
    /// PEM file with the authorities of client certificates, which are then required (mutual TLS)
    #[arg(long, env = "MATHSHUBS_TLS_CLIENT_CA_PATH")]
    pub tls_client_ca_path: Option<PathBuf>,
    /// Trusted token issuers, separated by commas: `ISSUER=JWKS-FILE roles=ROLE+ROLE`, whose keys are read again when the file changes, or
    /// `ISSUER=discover roles=ROLE+ROLE [ca=FILE] [token=FILE]`, which fetches the keys of an OpenID Connect issuer. Tokens with a role that their
    /// issuer does not list are refused
    #[arg(long, env = "MATHSHUBS_TRUST", value_delimiter = ',')]
    pub trust: Vec<Trust>,
    /// Roles of an issuer's subjects whose tokens have no role, `ISSUER SUBJECT=ROLE`, separated by commas
    #[arg(long, env = "MATHSHUBS_SUBJECT_ROLES", value_delimiter = ',')]
    pub subject_roles: Vec<SubjectRole>,
    /// Longest time since a token was issued, in seconds, also of tokens that expire later
    #[arg(long, env = "MATHSHUBS_TOKEN_AGE_MAX_SECONDS", default_value_t = TOKEN_AGE_MAX.as_secs(), value_parser = bounded::<u64>(60..=YEAR_SECONDS))]
    pub token_age_max_seconds: u64,
    /// File with tokens that are refused before they expire, read again when it changes; a line is `subject ISSUER SUBJECT` or `token ISSUER JTI`
    #[arg(long, env = "MATHSHUBS_DENY_PATH")]
    pub deny_path: Option<PathBuf>,
    /// Files with the tokens that this service sends with its own calls, `SERVICE=FILE`, separated by commas; read again when they change
    #[arg(long, env = "MATHSHUBS_PEER_TOKENS", value_delimiter = ',')]
    pub peer_tokens: Vec<PeerToken>,
    /// TLS settings of calls to other services
    #[command(flatten)]
    pub peer_tls: PeerTls,
    /// Maximum concurrent calls; further ones are refused with RESOURCE_EXHAUSTED
    #[arg(long, env = "MATHSHUBS_CONCURRENCY_MAX", default_value_t = CONCURRENCY_MAX, value_parser = bounded::<usize>(1..=100_000))]
    pub concurrency_max: usize,
    /// Maximum streams on one connection
    #[arg(long, env = "MATHSHUBS_STREAMS_PER_CONNECTION_MAX", default_value_t = STREAMS_MAX, value_parser = bounded::<u32>(1..=100_000))]
    pub streams_per_connection_max: u32,
    /// Maximum connections from one address; further ones are closed at once
    #[arg(long, env = "MATHSHUBS_PEER_CONNECTIONS_MAX", default_value_t = PEER_CONNECTIONS_MAX, value_parser = bounded::<usize>(1..=100_000))]
    pub peer_connections_max: usize,
    /// Maximum bytes of requests from one address that have not arrived as a whole; at least one message
    #[arg(long, env = "MATHSHUBS_PEER_REQUEST_BYTES_MAX", default_value_t = PEER_REQUEST_BYTES_MAX, value_parser = bounded::<usize>(MESSAGE_BYTES..=1 << 30))]
    pub peer_request_bytes_max: usize,
    /// Networks of gateways and meshes, whose addresses many callers share, separated by commas, for example `10.1.0.0/16`; the limits of one address do
    /// not apply to them
    #[arg(long, env = "MATHSHUBS_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,
    /// Times that callers may take
    #[arg(skip)]
    pub times: Times,
    /// Deadline of a call whose caller sets none, in milliseconds
    #[arg(long, env = "MATHSHUBS_DEADLINE_DEFAULT_MS", default_value_t = DEADLINE_DEFAULT_MS, value_parser = bounded::<u64>(1..=DAY_MS))]
    pub deadline_default_ms: u64,
    /// Maximum deadline that a caller can set, in milliseconds
    #[arg(long, env = "MATHSHUBS_DEADLINE_MAX_MS", default_value_t = DEADLINE_MAX_MS, value_parser = bounded::<u64>(1..=DAY_MS))]
    pub deadline_max_ms: u64,
    /// Maximum and default deadline of methods that take or return a stream, such as imports, until they answer, in milliseconds
    #[arg(long, env = "MATHSHUBS_STREAM_DEADLINE_MAX_MS", default_value_t = STREAM_DEADLINE_MAX_MS, value_parser = bounded::<u64>(1..=DAY_MS))]
    pub stream_deadline_max_ms: u64,
    /// Maximum connection age in seconds before GOAWAY, so that load spreads over new replicas; at least 300, because the streams of feeds end by
    /// themselves after 240
    #[arg(long, env = "MATHSHUBS_CONNECTION_AGE_MAX_SECONDS", default_value_t = CONNECTION_AGE_MAX_SECONDS, value_parser = bounded::<u64>(CONNECTION_AGE_MIN_SECONDS..=DAY_SECONDS))]
    pub connection_age_max_seconds: u64,
    /// Time between reporting NOT_SERVING and accepting no more connections, in milliseconds
    #[arg(long, env = "MATHSHUBS_DRAIN_GRACE_MS", default_value_t = DRAIN_GRACE_MS, value_parser = bounded::<u64>(0..=DAY_MS))]
    pub drain_grace_ms: u64,
    /// Maximum time for calls in flight to finish at drain, in milliseconds; then they are cut off
    #[arg(long, env = "MATHSHUBS_DRAIN_MAX_MS", default_value_t = DRAIN_MAX_MS, value_parser = bounded::<u64>(0..=DAY_MS))]
    pub drain_max_ms: u64,
    /// Format of log lines; RUST_LOG filters them
    #[arg(long, env = "MATHSHUBS_LOG_FORMAT", value_enum, default_value_t = LogFormat::Pretty)]
    pub log_format: LogFormat,
    /// Address of the OTLP/gRPC collector for traces, for example `http://collector:4317`; without it traces are not exported
    #[arg(long, env = "MATHSHUBS_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
}

const CONCURRENCY_MAX: usize = 1_024;
/// A client with more calls than this waits in its own process. That costs the service nothing, and a refusal costs it a tenth of a call.
const STREAMS_MAX: u32 = 24;
const PEER_CONNECTIONS_MAX: usize = 64;
const PEER_REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;
const MESSAGE_BYTES: u64 = 5 * 1024 * 1024;
const DEADLINE_DEFAULT_MS: u64 = 10_000;
const DEADLINE_MAX_MS: u64 = 60_000;
const STREAM_DEADLINE_MAX_MS: u64 = 600_000;
const CONNECTION_AGE_MAX_SECONDS: u64 = 1_800;
/// Longer than the streams of feeds: see [`feed::Options::new`].
const CONNECTION_AGE_MIN_SECONDS: u64 = 300;
const DRAIN_GRACE_MS: u64 = 200;
const DRAIN_MAX_MS: u64 = 20_000;

const DAY_SECONDS: u64 = 86_400;
const DAY_MS: u64 = 86_400_000;
const YEAR_SECONDS: u64 = 31_536_000;

/// A number between bounds.
fn bounded<T: TryFrom<u64> + Clone + Send + Sync + 'static>(bounds: RangeInclusive<u64>) -> RangedU64ValueParser<T> {
    RangedU64ValueParser::new().range(bounds)
}

/// The address of `HOST:PORT`. Of a name with several addresses an IPv4 one: documentation and clients write 127.0.0.1 for `localhost`.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text.to_socket_addrs().map_err(|error| format!("is no HOST:PORT that can be resolved: {error}"))?;
    let found: Vec<_> = found.collect();
    let address = found.iter().find(|address| address.is_ipv4()).or(found.first());
    address.copied().ok_or_else(|| "has no address".to_owned())
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

impl Default for Config {
    /// A free port of the loopback, no admin port, no TLS, no trusted issuer; the environment is not read.
    fn default() -> Self {
        Self {
            listen: default_listen(),
            admin_listen: None,
            tls_certificate_path: None,
            tls_key_path: None,
            tls_client_ca_path: None,
            trust: Vec::new(),
            subject_roles: Vec::new(),
            token_age_max_seconds: TOKEN_AGE_MAX.as_secs(),
            deny_path: None,
            peer_tokens: Vec::new(),
            peer_tls: PeerTls::default(),
            concurrency_max: CONCURRENCY_MAX,
            streams_per_connection_max: STREAMS_MAX,
            peer_connections_max: PEER_CONNECTIONS_MAX,
            peer_request_bytes_max: PEER_REQUEST_BYTES_MAX,
            trusted_proxies: Vec::new(),
            times: Times::default(),
            deadline_default_ms: DEADLINE_DEFAULT_MS,
            deadline_max_ms: DEADLINE_MAX_MS,
            stream_deadline_max_ms: STREAM_DEADLINE_MAX_MS,
            connection_age_max_seconds: CONNECTION_AGE_MAX_SECONDS,
            drain_grace_ms: DRAIN_GRACE_MS,
            drain_max_ms: DRAIN_MAX_MS,
            log_format: LogFormat::Pretty,
            otlp_endpoint: None,
        }
    }
}

impl Config {
    /// Verifies tokens of the trusted issuers for a service. Errors when keys cannot be loaded, or a subject has a role that its issuer may not
    /// speak for.
    pub fn authenticator(&self, service: &str) -> Result<Authenticator, TrustError> {
        let mut trusted: Vec<Trusted> = self.trust.iter().map(|trust| trust.0.clone()).collect();
        for subject_role in &self.subject_roles {
            self.may_speak_for(subject_role)?;
            let SubjectRole { issuer, subject, role } = subject_role;
            for issuer in trusted.iter_mut().filter(|one| one.issuer == *issuer && one.roles.contains(role)) {
                issuer.subjects.insert(subject.clone(), *role);
            }
        }
        let age_max = Duration::from_secs(self.token_age_max_seconds);
        Ok(Authenticator::new(&trusted, &TokenRules { service: service.to_owned(), age_max, deny_path: self.deny_path.clone() })?)
    }

    /// Errors when a subject has a role that its issuer may not speak for.
    pub(crate) fn may_speak_for(&self, SubjectRole { issuer, subject, role }: &SubjectRole) -> Result<(), TrustError> {
        if self.trust.iter().any(|Trust(one)| one.issuer == *issuer && one.roles.contains(role)) {
            return Ok(());
        }
        Err(TrustError::SubjectRole { issuer: issuer.clone(), subject: subject.clone(), role: *role })
    }

    /// The age at which a connection is closed although it has calls: no call that began before the GOAWAY takes longer.
    pub(crate) fn connection_end(&self) -> Duration {
        let call_ms = self.stream_deadline_max_ms.max(self.deadline_max_ms);
        Duration::from_secs(self.connection_age_max_seconds) + Duration::from_millis(call_ms) + self.times.end_margin
    }

    pub(crate) fn drain_grace(&self) -> Duration {
        Duration::from_millis(self.drain_grace_ms)
    }

    pub(crate) fn drain_max(&self) -> Duration {
        Duration::from_millis(self.drain_max_ms)
    }
}

/// The settings of trusted issuers cannot be used, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Keys or the deny list cannot be loaded.
    #[error(transparent)]
    Authenticator(#[from] AuthenticatorError),
    /// A subject has a role that its issuer may not speak for.
    #[error("`{subject}` gets the role {role}, which MATHSHUBS_TRUST does not list for the issuer `{issuer}`")]
    SubjectRole {
        /// The issuer.
        issuer: String,
        /// The subject.
        subject: String,
        /// The role.
        role: Role,
    },
}

/// `ISSUER=JWKS-FILE roles=ROLE+ROLE` or `ISSUER=discover roles=ROLE+ROLE [ca=FILE] [token=FILE]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust(pub Trusted);

impl FromStr for Trust {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str =
            "write it as `ISSUER=JWKS-FILE roles=ROLE+ROLE` or `ISSUER=discover roles=ROLE+ROLE [ca=FILE] [token=FILE]`";
        let mut words = text.split_whitespace();
        let (issuer, keys) = words.next().and_then(pair).ok_or(FORM)?;
        let (mut roles, mut discovery) = (None, Discovery::default());
        for word in words {
            let is_repeated = match word.split_once('=') {
                Some(("roles", names)) => roles.replace(parsed_roles(names)?).is_some(),
                Some(("ca", path)) if keys == "discover" && !path.is_empty() => discovery.ca_path.replace(path.into()).is_some(),
                Some(("token", path)) if keys == "discover" && !path.is_empty() => {
                    discovery.token_path.replace(path.into()).is_some()
                }
                _ => return Err(format!("`{word}` is not expected here; {FORM}")),
            };
            if is_repeated {
                return Err(format!("`{word}` is given twice; {FORM}"));
            }
        }
        let roles = roles.ok_or_else(|| format!("the issuer `{issuer}` has no roles; {FORM}"))?;
        let trusted = Trusted::file(issuer, keys, &roles);
        Ok(Self(if keys == "discover" { Trusted { keys: KeySource::Discovered(discovery), ..trusted } } else { trusted }))
    }
}

/// Roles joined by `+`.
fn parsed_roles(names: &str) -> Result<Vec<Role>, String> {
    names.split('+').map(|name| name.parse().map_err(|error: access::UnknownRole| error.to_string())).collect()
}

/// `ISSUER SUBJECT=ROLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectRole {
    /// The issuer, which `--trust` names too.
    pub issuer: String,
    /// For example `system:serviceaccount:mathshubs:enrolment`.
    pub subject: String,
    /// Its role.
    pub role: Role,
}

impl FromStr for SubjectRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "write it as ISSUER SUBJECT=ROLE";
        let (subject, role) = pair(text).ok_or(FORM)?;
        let (issuer, subject) = subject.split_once(' ').filter(|(_, subject)| !subject.is_empty()).ok_or(FORM)?;
        let role = role.parse().map_err(|error: access::UnknownRole| error.to_string())?;
        Ok(Self { issuer: issuer.to_owned(), subject: subject.to_owned(), role })
    }
}

/// `SERVICE=FILE`: the file with the token for calls to a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerToken {
    /// The called service, `network`.
    pub service: String,
    /// The file.
    pub path: PathBuf,
}

impl FromStr for PeerToken {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (service, path) = text
            .trim()
            .split_once('=')
            .filter(|(service, path)| !service.is_empty() && !path.is_empty())
            .ok_or("write it as SERVICE=FILE")?;
        Ok(Self { service: service.to_owned(), path: path.into() })
    }
}

fn pair(text: &str) -> Option<(&str, &str)> {
    text.trim().rsplit_once('=').filter(|(left, right)| !left.is_empty() && !right.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        server: Config,
    }

    #[test]
    fn connections_may_live_longer_than_the_streams_of_feeds() {
        let age = |seconds: &str| {
            <Line as clap::Parser>::try_parse_from(["line", "--connection-age-max-seconds", seconds])
                .map(|line| line.server.connection_age_max_seconds)
        };
        assert_eq!(age("300").ok(), Some(300));
        assert!(age("299").is_err_and(|error| error.to_string().contains("299 is not in 300..=86400")));
    }

    const ROLES: [Role; 2] = [Role::Ncetm, Role::HubLead];

    fn discovered(issuer: &str, ca: Option<&str>, token: Option<&str>) -> Trust {
        let discovery =
            Discovery { ca_path: ca.map(PathBuf::from), token_path: token.map(PathBuf::from), ..Discovery::default() };
        Trust(Trusted { keys: KeySource::Discovered(discovery), ..Trusted::file(issuer, "", &ROLES) })
    }

    #[test]
    fn an_issuer_is_trusted_for_its_roles_by_a_file_or_by_discovery() {
        let trust = |text: &str| format!("{text} roles=ncetm+hub_lead").parse::<Trust>();
        let file = |issuer: &str, path: &str| Ok(Trust(Trusted::file(issuer, path, &ROLES)));
        assert_eq!(trust("https://issuer=/etc/jwks.json"), file("https://issuer", "/etc/jwks.json"));
        assert_eq!(trust("https://issuer?a=b=jwks.json"), file("https://issuer?a=b", "jwks.json"));
        assert_eq!(trust("https://issuer=discover"), Ok(discovered("https://issuer", None, None)));
        assert_eq!(trust("https://issuer=discovered.json"), file("https://issuer", "discovered.json"));
        let both = "https://issuer=discover ca=/etc/ca.pem token=/run/token";
        assert_eq!(trust(both), Ok(discovered("https://issuer", Some("/etc/ca.pem"), Some("/run/token"))));
    }

    #[test]
    fn a_malformed_issuer_is_refused_with_the_expected_form() {
        for (text, word) in [
            ("https://issuer roles=dfe", "write it as"),
            ("=jwks.json roles=dfe", "write it as"),
            ("=discover roles=dfe", "write it as"),
            ("https://issuer= roles=dfe", "write it as"),
            ("https://issuer=jwks.json", "has no roles"),
            ("https://issuer=jwks.json roles=boss", "boss"),
            ("https://issuer=jwks.json ca=a roles=dfe", "`ca=a` is not expected"),
            ("https://issuer=discover key=x", "`key=x` is not expected"),
            ("https://issuer=discover ca=", "`ca=` is not expected"),
            ("https://issuer=discover ca=a ca=b", "`ca=b` is given twice"),
            ("https://issuer=discover roles=dfe roles=dfe", "`roles=dfe` is given twice"),
        ] {
            let error = text.parse::<Trust>().expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn a_subject_gets_no_role_that_its_issuer_may_not_speak_for() {
        let subject_roles = vec!["https://issuer system:sa:funding=dfe".parse().expect("issuer, subject and role")];
        let config = Config { subject_roles, ..Config::default() };
        let error = config.authenticator("network").err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("`system:sa:funding` gets the role dfe") && error.contains("`https://issuer`"), "{error}");
        assert!("system:sa:funding=dfe".parse::<SubjectRole>().is_err());
    }
}
