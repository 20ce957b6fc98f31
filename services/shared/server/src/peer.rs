//! Another service of the platform, as this one calls it.

use std::{fs, path::PathBuf};

use access::{TokenSource, TokenSourceError};
use feed::{Apply, Consumer};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::Config;

/// Where another service is, and what lets us call it. A clone is the same.
#[derive(Clone)]
pub struct Peer {
    /// To the service. It need not be there yet.
    pub channel: Channel,
    /// Our own identity.
    pub token: TokenSource,
}

/// Why another service cannot be called, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// There is no token to call it with.
    #[error("to call `{0}` a token is needed: give --token-path")]
    TokenMissing(String),
    /// The token's file cannot be used.
    #[error(transparent)]
    Token(#[from] TokenSourceError),
    /// The address is none.
    #[error("`{0}` is no address of a service; write it as http://HOST:PORT")]
    Address(String),
    /// Nobody vouches for the other side.
    #[error("`{0}` is an https address: give --peer-ca-path")]
    AuthorityMissing(String),
    /// The file of authorities cannot be read.
    #[error("cannot read `{path}`: {cause}")]
    AuthorityFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The transport refused its settings.
    #[error("`{address}` cannot be called: {cause}")]
    Transport {
        /// The address.
        address: String,
        /// Why.
        cause: tonic::transport::Error,
    },
}

impl Peer {
    /// The service at an address, `http://network:50051`, called with the token and the authorities that a configuration names. Connects when it is
    /// first called, and again whenever it has to.
    pub fn open(address: &str, config: &Config) -> Result<Self, PeerError> {
        let token = config.token_source()?.ok_or_else(|| PeerError::TokenMissing(address.to_owned()))?;
        let mut endpoint = Endpoint::from_shared(address.to_owned()).map_err(|_| PeerError::Address(address.to_owned()))?;
        if address.starts_with("https:") {
            let path = config.peer_ca_path.as_deref().ok_or_else(|| PeerError::AuthorityMissing(address.to_owned()))?;
            let authorities = fs::read(path).map_err(|cause| PeerError::AuthorityFile { path: path.to_owned(), cause })?;
            let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authorities));
            let transport = |cause| PeerError::Transport { address: address.to_owned(), cause };
            endpoint = endpoint.tls_config(tls).map_err(transport)?;
        }
        Ok(Self { channel: endpoint.connect_lazy(), token })
    }

    /// A reader of its feed: for the service called `consumer`, whose tables are in `pool`. `source` is what the other is called.
    pub fn consumer(self, pool: db::Pool, consumer: &'static str, source: &'static str, apply: impl Apply) -> Consumer {
        let token = self.token;
        Consumer::new(pool, consumer, source, self.channel, move |metadata| token.authorise(metadata), apply)
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Peer")
    }
}
