//! TLS of the calls that a program makes itself.

use std::path::PathBuf;

use clap::Args;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::tls::{PemFileError, deepest, read, ready};

/// How the other side is known, and how it knows us, where an address begins with https. Flatten it into a command that calls services.
#[derive(Debug, Clone, PartialEq, Eq, Default, Args)]
pub struct PeerTls {
    /// PEM file with the authorities that vouch for the services that are called, where their addresses begin with https
    #[arg(long, env = "MATHSHUBS_PEER_CA_PATH")]
    pub peer_ca_path: Option<PathBuf>,
    /// PEM file with the certificate chain that is shown to them, if they demand one (mutual TLS)
    #[arg(long, env = "MATHSHUBS_PEER_CERTIFICATE_PATH", requires = "peer_key_path")]
    pub peer_certificate_path: Option<PathBuf>,
    /// PEM file with the key of that certificate
    #[arg(long, env = "MATHSHUBS_PEER_KEY_PATH", requires = "peer_certificate_path")]
    pub peer_key_path: Option<PathBuf>,
}

/// Why a service cannot be called, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum PeerTlsError {
    /// The address is none.
    #[error("`{0}` is no address of a service; write it as http://HOST:PORT or https://HOST:PORT")]
    Address(String),
    /// Nobody vouches for the other side.
    #[error("`{0}` is an https address: give --peer-ca-path")]
    AuthorityMissing(String),
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] PemFileError),
    /// The files hold something else than they should.
    #[error(
        "`{address}` cannot be called with the files of --peer-ca-path, --peer-certificate-path and --peer-key-path: {cause}"
    )]
    Unusable {
        /// The address.
        address: String,
        /// Why.
        cause: String,
    },
}

impl PeerTls {
    /// A service's address, `http://network:50051`, with what is needed to call it. Files are read now, and not again.
    pub fn endpoint(&self, address: &str) -> Result<Endpoint, PeerTlsError> {
        let wrong = || PeerTlsError::Address(address.to_owned());
        let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|_| wrong())?;
        match endpoint.uri().scheme_str() {
            Some("http") => return Ok(endpoint),
            Some("https") => {}
            _ => return Err(wrong()),
        }
        let ca_path = self.peer_ca_path.as_deref().ok_or_else(|| PeerTlsError::AuthorityMissing(address.to_owned()))?;
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read("--peer-ca-path", ca_path)?));
        if let (Some(certificate), Some(key)) = (&self.peer_certificate_path, &self.peer_key_path) {
            let certificate = read("--peer-certificate-path", certificate)?;
            tls = tls.identity(Identity::from_pem(certificate, read("--peer-key-path", key)?));
        }
        ready();
        let unusable = |cause| PeerTlsError::Unusable { address: address.to_owned(), cause: deepest(&cause) };
        endpoint.tls_config(tls).map_err(unusable)
    }
}
