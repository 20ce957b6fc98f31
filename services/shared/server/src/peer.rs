//! A connection to another service of the suite.

use std::time::Duration;

use access::{TokenSource, TokenSourceError};
use client::{Connection, PeerTlsError, Retry, deepest};
use feed::{Apply, Consumer};
use proto::feed::v1::{self as pb, feed_service_client::FeedServiceClient, read_request::From};
use tokio::time::timeout;
use tonic::{Status, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::Config;

/// Longest time of [`Peer::check`].
const CHECK_TIMEOUT: Duration = Duration::from_secs(10);

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
    #[error("to call the service {0} a token is needed: add {0}=FILE to --peer-tokens (MATHSHUBS_PEER_TOKENS)")]
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

    /// Calls it: asks for its health, and reads its feed with the token. Errors in one sentence.
    pub async fn check(&self) -> Result<(), String> {
        let called = timeout(CHECK_TIMEOUT, async {
            let health = HealthClient::new(self.channel.clone()).check(HealthCheckRequest::default()).await;
            let status = health.map_err(|status| said("does not answer", &status))?.into_inner().status();
            if status != ServingStatus::Serving {
                return Err(format!("does not serve: its health is {}", status.as_str_name()));
            }
            let feed = Connection::new(self.channel.clone()).with_token(self.token.clone()).with_retry(Retry::NEVER);
            let from = Some(From::Latest(pb::Latest {}));
            let read = FeedServiceClient::new(feed).read(pb::ReadRequest { from, limit: 0, stop_at_head: true }).await;
            read.map(drop).map_err(|status| said("serves, but does not let this service read its feed", &status))
        });
        called.await.unwrap_or_else(|_| Err(format!("does not answer within {} s", CHECK_TIMEOUT.as_secs())))
    }

    /// A consumer of its feed for the service `consumer`, whose tables are in `pool`. `source` is the name of the other service.
    pub fn consumer(self, pool: db::Pool, consumer: &'static str, source: &'static str, apply: impl Apply) -> Consumer {
        Consumer::new(pool, consumer, source, Connection::new(self.channel).with_token(self.token), apply)
    }
}

/// A sentence with the cause of a status; the transport's own errors only say that there is one.
fn said(what: &str, status: &Status) -> String {
    let cause = std::error::Error::source(status).map_or_else(|| status.message().to_owned(), deepest);
    format!("{what}: {cause}")
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Peer")
    }
}
