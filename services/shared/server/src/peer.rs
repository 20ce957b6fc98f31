//! A connection to another service of the suite.

use access::{TokenSource, TokenSourceError};
use client::{Connection, PeerTlsError};
use feed::{Apply, Consumer};
use tonic::transport::Channel;

use crate::Config;

/// The channel and the token for calls to another service. Clones share them.
#[derive(Clone)]
pub struct Peer {
    /// Channel to the service, which need not run yet.
    pub channel: Channel,
    /// Token source of this service.
    pub token: TokenSource,
}

/// Another service cannot be called, with a remedy.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// There is no token for the calls.
    #[error("to call the service {0} a token is needed: give --peer-tokens {0}=FILE")]
    TokenMissing(String),
    /// The token's file cannot be used.
    #[error(transparent)]
    Token(#[from] TokenSourceError),
    /// The address or a TLS file cannot be used.
    #[error(transparent)]
    Tls(#[from] PeerTlsError),
}

impl Peer {
    /// A service at an address, `http://network:50051`, called with its token and the TLS settings of a configuration. Connects with the first call,
    /// and again after the connection broke.
    pub fn open(service: &str, address: &str, config: &Config) -> Result<Self, PeerError> {
        let file = config.peer_tokens.iter().find(|token| token.service == service);
        let token = TokenSource::file(&file.ok_or_else(|| PeerError::TokenMissing(service.to_owned()))?.path)?;
        let endpoint = config.peer_tls.endpoint(address)?;
        Ok(Self { channel: endpoint.connect_lazy(), token })
    }

    /// A consumer of its feed for the service `consumer`, whose tables are in `pool`. `source` is the name of the other service.
    pub fn consumer(self, pool: db::Pool, consumer: &'static str, source: &'static str, apply: impl Apply) -> Consumer {
        Consumer::new(pool, consumer, source, Connection::new(self.channel).with_token(self.token), apply)
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Peer")
    }
}
