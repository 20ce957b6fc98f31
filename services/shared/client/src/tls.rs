//! TLS of the calls that a program makes.

use std::{
    error::Error,
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

/// Maximum time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// TLS settings for calls to https addresses. Flatten it into a command that calls services.
#[derive(Debug, Clone, PartialEq, Eq, Default, Args)]
pub struct PeerTls {
    /// PEM file with the certificate authorities of the called services, required for https addresses
    #[arg(long, env = "MATHSHUBS_PEER_CA_PATH")]
    pub peer_ca_path: Option<PathBuf>,
    /// PEM file with the client certificate chain, for services that require one (mutual TLS)
    #[arg(long, env = "MATHSHUBS_PEER_CERTIFICATE_PATH")]
    pub peer_certificate_path: Option<PathBuf>,
    /// PEM file with the key of that certificate
    #[arg(long, env = "MATHSHUBS_PEER_KEY_PATH")]
    pub peer_key_path: Option<PathBuf>,
    /// Allow connections off the loopback in plain text, to this service, to other services and to PostgreSQL; by default they are refused
    #[arg(long, env = "MATHSHUBS_PLAINTEXT_ALLOWED")]
    pub plaintext_allowed: bool,
}

/// A service cannot be called, with a remedy.
#[derive(Debug, thiserror::Error)]
pub enum PeerTlsError {
    /// The address is malformed, or of another scheme.
    #[error("{0}")]
    Address(String),
    /// Others could read and change what is sent.
    #[error(
        "`{0}` would be called in plain text: write it as https://HOST:PORT and give --peer-ca-path, or allow plain text with \
         --plaintext-allowed (MATHSHUBS_PLAINTEXT_ALLOWED=true)"
    )]
    Plaintext(String),
    /// No authority is named for an https address.
    #[error("`{0}` is an https address: give --peer-ca-path")]
    AuthorityMissing(String),
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] PemFileError),
    /// The files do not contain the right certificates or key.
    #[error(
        "`{address}` cannot be called with the files of --peer-ca-path, --peer-certificate-path and --peer-key-path: {cause}"
    )]
    Unusable {
        /// The address.
        address: String,
        /// The deepest cause.
        cause: String,
    },
}

impl PeerTls {
    /// The endpoint of a service, `http://network:50051`, with these settings. Files are read now, and not again. Errors when the address or a file
    /// cannot be used.
    pub fn endpoint(&self, address: &str) -> Result<Endpoint, PeerTlsError> {
        http_url(address).map_err(PeerTlsError::Address)?;
        let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|error| PeerTlsError::Address(error.to_string()))?;
        let endpoint = endpoint.connect_timeout(CONNECT_TIMEOUT).tcp_nodelay(true);
        match endpoint.uri().scheme_str() {
            Some("http") if self.plaintext_allowed || endpoint.uri().host().is_some_and(is_loopback) => return Ok(endpoint),
            Some("http") => return Err(PeerTlsError::Plaintext(address.to_owned())),
            _ => {}
        }
        let ca_path = self.peer_ca_path.as_deref().ok_or_else(|| PeerTlsError::AuthorityMissing(address.to_owned()))?;
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read_pem("--peer-ca-path", ca_path)?));
        if let (Some(certificate), Some(key)) = (&self.peer_certificate_path, &self.peer_key_path) {
            let certificate = read_pem("--peer-certificate-path", certificate)?;
            tls = tls.identity(Identity::from_pem(certificate, read_pem("--peer-key-path", key)?));
        }
        choose_cryptography();
        let unusable = |cause| PeerTlsError::Unusable { address: address.to_owned(), cause: deepest(&cause) };
        endpoint.tls_config(tls).map_err(unusable)
    }
}

/// Errors, in one sentence, when a text is no URL of the scheme http or https with a host.
pub fn http_url(text: &str) -> Result<(), String> {
    const FORM: &str = "write it as http://HOST:PORT or https://HOST:PORT";
    let Some((scheme, _)) = text.split_once("://") else { return Err(format!("`{text}` is no URL; {FORM}")) };
    if !["http", "https"].contains(&scheme) {
        return Err(format!("`{text}` has the scheme `{scheme}`, which cannot be called; {FORM}"));
    }
    let uri = text.parse::<http::Uri>().ok();
    let is_whole = uri.is_some_and(|uri| uri.host().is_some_and(|host| !host.is_empty()) && uri.port_u16() != Some(0));
    if is_whole { Ok(()) } else { Err(format!("`{text}` names no host; {FORM}")) }
}

/// Whether a host of a URL is this machine's loopback: `localhost`, `127.0.0.1`, `[::1]`.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.to_canonical().is_loopback())
}

/// A file of keys or certificates cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}` of {flag}: {cause}", path = path.display())]
pub struct PemFileError {
    /// The flag that names it.
    flag: &'static str,
    /// The file.
    path: PathBuf,
    /// The system's error.
    cause: std::io::Error,
}

/// The content of a file that a flag names.
pub fn read_pem(flag: &'static str, path: &Path) -> Result<Vec<u8>, PemFileError> {
    fs::read(path).map_err(|cause| PemFileError { flag, path: path.to_owned(), cause })
}

/// Makes aws-lc the process's default cryptography provider. With two providers in a program and no default, rustls panics.
pub fn choose_cryptography() {
    // Fails when a default is set already.
    let _ = aws_lc_rs::default_provider().install_default();
}

/// The last cause of an error. The transport's own errors only say that there is one.
pub fn deepest(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_off_the_loopback_is_not_called_in_plain_text() {
        let call = |address: &str, plaintext_allowed| {
            PeerTls { plaintext_allowed, ..PeerTls::default() }.endpoint(address).map(drop).map_err(|error| error.to_string())
        };
        for local in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://127.8.8.8"] {
            assert_eq!(call(local, false), Ok(()), "{local}");
        }
        for far in ["http://network:50051", "http://192.0.2.1:1", "http://localhost.example:1", "http://[2001:db8::1]:1"] {
            assert!(call(far, false).is_err_and(|why| why.contains("would be called in plain text")), "{far}");
            assert_eq!(call(far, true), Ok(()), "{far}");
        }
    }
}
