//! TLS of the server.

use client::{PemFileError, choose_cryptography, deepest, read_pem};
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

use crate::Config;

/// The files do not allow serving TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] PemFileError),
    /// The files do not contain the right certificates or key.
    #[error("TLS cannot be served with the files of --tls-certificate-path, --tls-key-path and --tls-client-ca-path: {0}")]
    Unusable(String),
}

/// Enables TLS on a server if it is configured. Files are read now, and not again.
pub(crate) fn secured(server: Server, config: &Config) -> Result<Server, TlsError> {
    let (Some(certificate), Some(key)) = (&config.tls_certificate_path, &config.tls_key_path) else { return Ok(server) };
    let certificate = read_pem("--tls-certificate-path", certificate)?;
    let mut tls = ServerTlsConfig::new().identity(Identity::from_pem(certificate, read_pem("--tls-key-path", key)?));
    if let Some(ca) = &config.tls_client_ca_path {
        tls = tls.client_ca_root(Certificate::from_pem(read_pem("--tls-client-ca-path", ca)?));
    }
    choose_cryptography();
    server.tls_config(tls).map_err(|cause| TlsError::Unusable(deepest(&cause)))
}
