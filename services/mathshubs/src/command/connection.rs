//! Connections to running services, with a token.

use client::{Connection, PeerTls, TokenSource, deepest};

/// Connects to an address: `HOST:PORT`, or a URL.
pub(super) async fn connect(service: &str, address: &str, tls: &PeerTls, token: TokenSource) -> anyhow::Result<Connection> {
    let url = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let channel = tls.endpoint(&url)?.connect().await.map_err(|error| {
        let why = deepest(&error);
        anyhow::anyhow!(
            "the {service} service does not answer at {address} ({why}); start it (`mathshubs up`), or name another address"
        )
    })?;
    Ok(Connection::new(channel).with_token(token))
}

/// The token of a flag or variable.
pub(super) fn token(text: &str) -> anyhow::Result<TokenSource> {
    let text = text.trim();
    if text.is_empty() {
        anyhow::bail!("the token is empty; print one with `mathshubs token`");
    }
    TokenSource::fixed(text).map_err(|_| {
        anyhow::anyhow!("the token contains characters that are not allowed in a token; print one with `mathshubs token`")
    })
}

/// A new `request_id`.
pub(super) fn request_id() -> String {
    time::Ids::from_machine().next(time::Clock::machine().now())
}
