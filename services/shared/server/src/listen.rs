//! Taking a port.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
};

use tokio::net::TcpListener;

use crate::Config;

/// An address that cannot be listened on, in one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program has it.
    #[error("{0} is taken by another program; stop that one or choose another address, for example with port 0 for a free one")]
    Occupied(SocketAddr),
    /// Something else is in the way.
    #[error("cannot listen on {address}: {cause}; choose another address")]
    Other {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: io::Error,
    },
}

/// Listens on an address; port 0 takes a free one, which the listener's `local_addr` tells.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|cause| match cause.kind() {
        ErrorKind::AddrInUse => ListenError::Occupied(address),
        _ => ListenError::Other { address, cause },
    })
}

/// The listeners that a configuration asks for: for gRPC, and, if it names one, for the admin port.
pub async fn listeners(config: &Config) -> Result<(TcpListener, Option<TcpListener>), ListenError> {
    let listener = listen(config.listen).await?;
    let admin_listener = match config.admin_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    Ok((listener, admin_listener))
}
