//! Reaching a service that runs, with a token.

use client::{Connection, PeerTls, TokenSource, deepest};

/// A connection to an address: `HOST:PORT`, or a URL.
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

/// A token that was given as text.
pub(super) fn token(text: &str) -> anyhow::Result<TokenSource> {
    let text = text.trim();
    if text.is_empty() {
        anyhow::bail!("the token is empty; print one with `mathshubs token`");
    }
    TokenSource::fixed(text)
        .map_err(|_| anyhow::anyhow!("the token holds characters that no token has; print one with `mathshubs token`"))
}

/// A new id for a request.
pub(super) fn request_id() -> String {
    time::Ids::from_machine().next(time::Clock::machine().now())
}
