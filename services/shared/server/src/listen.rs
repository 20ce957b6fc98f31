//! Listening on an address.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
};

use tokio::net::TcpListener;

use crate::Config;

/// An address cannot be listened on, in one sentence with a remedy.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program uses it.
    #[error("{0} is taken by another program; stop that program or choose another address; port 0 selects a free port")]
    Occupied(SocketAddr),
    /// Others could read and change what is sent.
    #[error(
        "{0} is not a loopback address, and calls would come in plain text: give --tls-certificate-path and --tls-key-path, or allow \
         plain text with --plaintext-allowed (MATHSHUBS_PLAINTEXT_ALLOWED=true)"
    )]
    Plaintext(SocketAddr),
    /// Any other error.
    #[error("cannot listen on {address}: {cause}; choose another address")]
    Other {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        cause: io::Error,
    },
}

/// Listens on an address; port 0 selects a free port, which `local_addr` of the listener returns.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|cause| match cause.kind() {
        ErrorKind::AddrInUse => ListenError::Occupied(address),
        _ => ListenError::Other { address, cause },
    })
}

/// Refuses an address off the loopback for a server without TLS, unless plain text is allowed.
pub fn may_be_plaintext(address: SocketAddr, plaintext_allowed: bool) -> Result<(), ListenError> {
    if plaintext_allowed || address.ip().to_canonical().is_loopback() { Ok(()) } else { Err(ListenError::Plaintext(address)) }
}

/// The listeners of a configuration: for gRPC, and for the admin port if there is one. Off the loopback gRPC needs TLS, unless plain text is allowed;
/// the admin port has health and metrics alone, and no TLS.
pub async fn listeners(config: &Config) -> Result<(TcpListener, Option<TcpListener>), ListenError> {
    if config.tls_certificate_path.is_none() {
        may_be_plaintext(config.listen, config.peer_tls.plaintext_allowed)?;
    }
    let listener = listen(config.listen).await?;
    let admin_listener = match config.admin_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    Ok((listener, admin_listener))
}
