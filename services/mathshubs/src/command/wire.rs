//! Reaching a service that runs, with a token.

use std::time::Duration;

use anyhow::Context;
use client::PeerTls;
use tonic::{
    Request,
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A channel to an address: `HOST:PORT`, or a URL.
pub(super) async fn channel(service: &str, address: &str, tls: &PeerTls) -> anyhow::Result<Channel> {
    let url = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let endpoint = tls.endpoint(&url)?.connect_timeout(CONNECT_TIMEOUT).tcp_nodelay(true);
    endpoint.connect().await.map_err(|error| {
        let why = client::deepest(&error);
        anyhow::anyhow!(
            "the {service} service does not answer at {address} ({why}); start it (`mathshubs up`), or name another address"
        )
    })
}

/// A token as it goes with a call.
pub(super) fn bearer(token: &str) -> anyhow::Result<MetadataValue<Ascii>> {
    let token = token.trim();
    if token.is_empty() {
        anyhow::bail!("the token is empty; print one with `mathshubs token`");
    }
    MetadataValue::try_from(format!("Bearer {token}"))
        .context("the token holds characters that no token has; print one with `mathshubs token`")
}

/// A request with a token.
pub(super) fn request<T>(bearer: &MetadataValue<Ascii>, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", bearer.clone());
    request
}

/// A new id for a request.
pub(super) fn request_id() -> String {
    time::Ids::from_machine().next(time::Clock::machine().now())
}
