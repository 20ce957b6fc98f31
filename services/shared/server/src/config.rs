//! Settings of a server for operators, as flags or environment variables.

use std::{collections::HashMap, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use access::{Authenticator, Discovery, JwksError, KeySource, Role, TokenSource, TokenSourceError, Trusted};
use client::PeerTls;

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
    /// Address for gRPC; port 0 selects a free port
    #[arg(long, env = "MATHSHUBS_LISTEN", default_value_t = default_listen())]
    pub listen: SocketAddr,
    /// Address for health, readiness and metrics; without it there is no admin port
    #[arg(long, env = "MATHSHUBS_ADMIN_LISTEN")]
    pub admin_listen: Option<SocketAddr>,
    /// PEM file with the server's certificate chain; without it there is no TLS
    #[arg(long, env = "MATHSHUBS_TLS_CERTIFICATE_PATH", requires = "tls_key_path")]
    pub tls_certificate_path: Option<PathBuf>,
    /// PEM file with the key of that certificate
    #[arg(long, env = "MATHSHUBS_TLS_KEY_PATH", requires = "tls_certificate_path")]
    pub tls_key_path: Option<PathBuf>,
    /// PEM file with the authorities of client certificates, which are then required (mutual TLS)
    #[arg(long, env = "MATHSHUBS_TLS_CLIENT_CA_PATH", requires = "tls_certificate_path")]
    pub tls_client_ca_path: Option<PathBuf>,
    /// Trusted token issuers, separated by commas: `ISSUER=JWKS-FILE`, read again when it changes, or `ISSUER=discover [ca=FILE] [token=FILE]`, which
    /// fetches the keys of an OpenID Connect issuer
    #[arg(long, env = "MATHSHUBS_TRUST", value_delimiter = ',')]
    pub trust: Vec<Trust>,
    /// Roles of subjects whose tokens have no role, `SUBJECT=ROLE`, separated by commas
    #[arg(long, env = "MATHSHUBS_SUBJECT_ROLES", value_delimiter = ',')]
    pub subject_roles: Vec<SubjectRole>,
    /// File with the token that this service sends with its own calls; read again when it changes
    #[arg(long, env = "MATHSHUBS_TOKEN_PATH")]
    pub token_path: Option<PathBuf>,
    /// TLS settings of calls to other services
    #[command(flatten)]
    pub peer_tls: PeerTls,
    /// Maximum concurrent calls; further ones are refused with RESOURCE_EXHAUSTED
    #[arg(long, env = "MATHSHUBS_CONCURRENCY_MAX", default_value_t = CONCURRENCY_MAX)]
    pub concurrency_max: usize,
    /// Maximum streams on one connection
    #[arg(long, env = "MATHSHUBS_STREAMS_PER_CONNECTION_MAX", default_value_t = STREAMS_MAX)]
    pub streams_per_connection_max: u32,
    /// Deadline of a call whose caller sets none, in milliseconds
    #[arg(long, env = "MATHSHUBS_DEADLINE_DEFAULT_MS", default_value_t = DEADLINE_DEFAULT_MS)]
    pub deadline_default_ms: u64,
    /// Maximum deadline that a caller can set, in milliseconds
    #[arg(long, env = "MATHSHUBS_DEADLINE_MAX_MS", default_value_t = DEADLINE_MAX_MS)]
    pub deadline_max_ms: u64,
    /// Maximum and default deadline of methods that take or return a stream, such as imports, until they answer, in milliseconds
    #[arg(long, env = "MATHSHUBS_STREAM_DEADLINE_MAX_MS", default_value_t = STREAM_DEADLINE_MAX_MS)]
    pub stream_deadline_max_ms: u64,
    /// Maximum connection age in seconds before GOAWAY, so that load spreads over new replicas; at least 300, because the streams of feeds end by
    /// themselves after 240
    #[arg(long, env = "MATHSHUBS_CONNECTION_AGE_MAX_SECONDS", default_value_t = CONNECTION_AGE_MAX_SECONDS, value_parser = connection_age())]
    pub connection_age_max_seconds: u64,
    /// Time between reporting NOT_SERVING and accepting no more connections, in milliseconds
    #[arg(long, env = "MATHSHUBS_DRAIN_GRACE_MS", default_value_t = DRAIN_GRACE_MS)]
    pub drain_grace_ms: u64,
    /// Maximum time for calls in flight to finish at drain, in milliseconds; then they are cut off
    #[arg(long, env = "MATHSHUBS_DRAIN_MAX_MS", default_value_t = DRAIN_MAX_MS)]
    pub drain_max_ms: u64,
    /// Format of log lines; RUST_LOG filters them
    #[arg(long, env = "MATHSHUBS_LOG_FORMAT", value_enum, default_value_t = LogFormat::Pretty)]
    pub log_format: LogFormat,
    /// Address of the OTLP/gRPC collector for traces, for example `http://collector:4317`; without it traces are not exported
    #[arg(long, env = "MATHSHUBS_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
}

const CONCURRENCY_MAX: usize = 1_024;
const STREAMS_MAX: u32 = 256;
const DEADLINE_DEFAULT_MS: u64 = 10_000;
const DEADLINE_MAX_MS: u64 = 60_000;
const STREAM_DEADLINE_MAX_MS: u64 = 600_000;
const CONNECTION_AGE_MAX_SECONDS: u64 = 1_800;
/// Longer than the streams of feeds: see [`feed::Options::new`].
const CONNECTION_AGE_MIN_SECONDS: u64 = 300;
const DRAIN_GRACE_MS: u64 = 200;
const DRAIN_MAX_MS: u64 = 20_000;

fn connection_age() -> impl clap::builder::TypedValueParser<Value = u64> {
    clap::value_parser!(u64).range(CONNECTION_AGE_MIN_SECONDS..)
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
            token_path: None,
            peer_tls: PeerTls::default(),
            concurrency_max: CONCURRENCY_MAX,
            streams_per_connection_max: STREAMS_MAX,
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
    /// Verifies tokens of the trusted issuers.
    pub fn authenticator(&self) -> Result<Authenticator, JwksError> {
        let trusted: Vec<Trusted> = self.trust.iter().map(|trust| trust.0.clone()).collect();
        let subjects: HashMap<String, Role> = self.subject_roles.iter().map(|one| (one.subject.clone(), one.role)).collect();
        Authenticator::new(&trusted, subjects)
    }

    /// The token for this service's own calls, if its file is configured.
    pub fn token_source(&self) -> Result<Option<TokenSource>, TokenSourceError> {
        self.token_path.as_deref().map(TokenSource::file).transpose()
    }

    pub(crate) fn drain_grace(&self) -> Duration {
        Duration::from_millis(self.drain_grace_ms)
    }

    pub(crate) fn drain_max(&self) -> Duration {
        Duration::from_millis(self.drain_max_ms)
    }
}

/// `ISSUER=JWKS-FILE` or `ISSUER=discover [ca=FILE] [token=FILE]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust(pub Trusted);

impl FromStr for Trust {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "write it as ISSUER=JWKS-FILE or `ISSUER=discover [ca=FILE] [token=FILE]`";
        let discovered = text
            .trim()
            .split_once("=discover")
            .filter(|(issuer, files)| !issuer.is_empty() && (files.is_empty() || files.starts_with(' ')));
        let Some((issuer, files)) = discovered else {
            return pair(text).map(|(issuer, path)| Self(Trusted::file(issuer, path))).ok_or_else(|| FORM.to_owned());
        };
        let mut discovery = Discovery::default();
        for file in files.split_whitespace() {
            let place = match file.split_once('=') {
                Some(("ca", path)) if !path.is_empty() => discovery.ca_path.replace(path.into()),
                Some(("token", path)) if !path.is_empty() => discovery.token_path.replace(path.into()),
                _ => return Err(format!("`{file}` is neither ca=FILE nor token=FILE; {FORM}")),
            };
            if place.is_some() {
                return Err(format!("`{file}` is given twice; {FORM}"));
            }
        }
        Ok(Self(Trusted { issuer: issuer.to_owned(), keys: KeySource::Discovered(discovery) }))
    }
}

/// `SUBJECT=ROLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectRole {
    /// For example `system:serviceaccount:mathshubs:enrolment`.
    pub subject: String,
    /// Its role.
    pub role: Role,
}

impl FromStr for SubjectRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (subject, role) = pair(text).ok_or("write it as SUBJECT=ROLE")?;
        Ok(Self { subject: subject.to_owned(), role: role.parse().map_err(|error: access::UnknownRole| error.to_string())? })
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
        assert!(age("299").is_err_and(|error| error.to_string().contains("299 is not in 300..")));
    }

    fn discovered(issuer: &str, ca: Option<&str>, token: Option<&str>) -> Trust {
        let discovery =
            Discovery { ca_path: ca.map(PathBuf::from), token_path: token.map(PathBuf::from), ..Discovery::default() };
        Trust(Trusted { issuer: issuer.to_owned(), keys: KeySource::Discovered(discovery) })
    }

    #[test]
    fn an_issuer_is_trusted_by_a_file_or_by_discovery() {
        let trust = |text: &str| text.parse::<Trust>();
        assert_eq!(trust("https://issuer=/etc/jwks.json"), Ok(Trust(Trusted::file("https://issuer", "/etc/jwks.json"))));
        assert_eq!(trust("https://issuer?a=b=jwks.json"), Ok(Trust(Trusted::file("https://issuer?a=b", "jwks.json"))));
        assert_eq!(trust("https://issuer=discover"), Ok(discovered("https://issuer", None, None)));
        assert_eq!(trust("https://issuer=discovered.json"), Ok(Trust(Trusted::file("https://issuer", "discovered.json"))));
        let both = "https://issuer=discover ca=/etc/ca.pem token=/run/token";
        assert_eq!(trust(both), Ok(discovered("https://issuer", Some("/etc/ca.pem"), Some("/run/token"))));
    }

    #[test]
    fn a_malformed_issuer_is_refused_with_the_expected_form() {
        for (text, word) in [
            ("https://issuer", "write it as"),
            ("=jwks.json", "write it as"),
            ("=discover", "write it as"),
            ("https://issuer=", "write it as"),
            ("https://issuer=discover key=x", "`key=x` is neither"),
            ("https://issuer=discover ca=", "`ca=` is neither"),
            ("https://issuer=discover ca=a ca=b", "`ca=b` is given twice"),
        ] {
            let error = text.parse::<Trust>().expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
