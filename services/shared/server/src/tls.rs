//! TLS of the calls that a service is given.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

use crate::Config;

/// A file of keys or certificates that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}` of {flag}: {cause}", path = path.display())]
pub struct PemFileError {
    /// What names it.
    flag: &'static str,
    /// The file.
    path: PathBuf,
    /// What the system said.
    cause: std::io::Error,
}

/// Files with which a service cannot serve TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// One cannot be read.
    #[error(transparent)]
    File(#[from] PemFileError),
    /// They hold something else than they should.
    #[error("TLS cannot be served with the files of --tls-certificate-path, --tls-key-path and --tls-client-ca-path: {0}")]
    Unusable(String),
}

/// Has a server speak TLS if the configuration says so. Files are read now, and not again.
pub(crate) fn secured(server: Server, config: &Config) -> Result<Server, TlsError> {
    let (Some(certificate), Some(key)) = (&config.tls_certificate_path, &config.tls_key_path) else { return Ok(server) };
    let certificate = read("--tls-certificate-path", certificate)?;
    let mut tls = ServerTlsConfig::new().identity(Identity::from_pem(certificate, read("--tls-key-path", key)?));
    if let Some(ca) = &config.tls_client_ca_path {
        tls = tls.client_ca_root(Certificate::from_pem(read("--tls-client-ca-path", ca)?));
    }
    ready();
    server.tls_config(tls).map_err(|cause| TlsError::Unusable(deepest(&cause)))
}

/// Says which cryptography is meant, once. Where a program brings a second one, rustls would not choose, and panic.
pub(crate) fn ready() {
    // It fails when it was said before.
    let _ = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// The content of a file that a flag names.
pub(crate) fn read(flag: &'static str, path: &Path) -> Result<Vec<u8>, PemFileError> {
    fs::read(path).map_err(|cause| PemFileError { flag, path: path.to_owned(), cause })
}

/// What lies at the bottom of an error: the transport's own say no more than that it is one.
pub fn deepest(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
