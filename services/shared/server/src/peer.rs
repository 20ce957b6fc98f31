//! Another service of the platform, as this one calls it.

use access::{TokenSource, TokenSourceError};
use client::{Connection, PeerTlsError};
use feed::{Apply, Consumer};
use tonic::transport::Channel;

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
    /// The address or what belongs to it cannot be used.
    #[error(transparent)]
    Tls(#[from] PeerTlsError),
}

impl Peer {
    /// The service at an address, `http://network:50051`, called with the token and the authorities that a configuration names. Connects when it is
    /// first called, and again whenever it has to.
    pub fn open(address: &str, config: &Config) -> Result<Self, PeerError> {
        let token = config.token_source()?.ok_or_else(|| PeerError::TokenMissing(address.to_owned()))?;
        let endpoint = config.peer_tls.endpoint(address)?;
        Ok(Self { channel: endpoint.connect_lazy(), token })
    }

    /// A reader of its feed: for the service called `consumer`, whose tables are in `pool`. `source` is what the other is called.
    pub fn consumer(self, pool: db::Pool, consumer: &'static str, source: &'static str, apply: impl Apply) -> Consumer {
        Consumer::new(pool, consumer, source, Connection::new(self.channel).with_token(self.token), apply)
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Peer")
    }
}
