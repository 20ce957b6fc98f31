//! The public keys of an OpenID Connect issuer, fetched at intervals and when a token names an unknown key.
//!
//! An unavailable issuer does not affect a service: fetched keys stay valid, and the service starts without any.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::Uri;
use serde::Deserialize;
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    Discovery,
    https::{Https, address},
    jwks::{Keys, parse},
    trusted::Pace,
};

/// The keys of an issuer, as of the last successful fetch.
pub(crate) struct DiscoveredKeys {
    state: Arc<State>,
    /// Dropping this stops the task.
    _following: JoinSet<()>,
}

#[derive(Default)]
struct State {
    keys: Mutex<Option<Arc<Keys>>>,
    /// Notified when a token names an unknown key.
    wanted: Notify,
    /// True during the pause after a fetch, in which the issuer gets no further request.
    resting: AtomicBool,
}

impl DiscoveredKeys {
    /// Starts fetching keys in the background. Fails when the issuer's name is not an https address, or when a file of `discovery` cannot be used.
    /// Must be called within a runtime.
    pub(crate) fn open(issuer: &str, discovery: &Discovery) -> Result<Self, String> {
        let (issuer, state) = (Issuer::open(issuer, discovery)?, Arc::new(State::default()));
        let mut following = JoinSet::new();
        following.spawn(follow(issuer, discovery.pace, Arc::clone(&state)));
        Ok(Self { state, _following: following })
    }

    /// The keys; `None` until the first successful fetch.
    pub(crate) fn keys(&self) -> Option<Arc<Keys>> {
        self.state.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Requests a fetch because a key is unknown. True if the key may arrive soon: a fetch is running, or none has succeeded yet. During the pause
    /// after a fetch, an unknown key is taken as forged.
    pub(crate) fn request_refresh(&self) -> bool {
        self.state.wanted.notify_one();
        !self.state.resting.load(Ordering::Relaxed) || self.keys().is_none()
    }
}

async fn follow(issuer: Issuer, pace: Pace, state: Arc<State>) {
    loop {
        let fetched = timeout(pace.fetch_max, issuer.fetch()).await;
        let wait = match fetched.unwrap_or_else(|_| Err(format!("took longer than {:?}", pace.fetch_max))) {
            Ok(keys) => {
                tracing::debug!(issuer = issuer.name, keys = keys.len(), "fetched the keys of an issuer");
                *state.keys.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(keys));
                pace.interval.saturating_sub(pace.pause)
            }
            Err(error) => {
                tracing::warn!(
                    issuer = issuer.name,
                    error,
                    "cannot fetch the keys of an issuer; the keys of the last fetch stay valid"
                );
                Duration::ZERO
            }
        };
        state.resting.store(true, Ordering::Relaxed);
        sleep(pace.pause).await;
        state.resting.store(false, Ordering::Relaxed);
        // A request during the pause is remembered by `Notify`, so that this returns at once.
        let _ = timeout(wait, state.wanted.notified()).await;
    }
}

/// An issuer that publishes its keys.
pub(crate) struct Issuer {
    name: String,
    document: Uri,
    https: Https,
}

/// The parts of a discovery document that are used.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

impl Issuer {
    /// Fails when the issuer's name is not an https address, or when a file of `discovery` cannot be used.
    pub(crate) fn open(issuer: &str, discovery: &Discovery) -> Result<Self, String> {
        if issuer.contains(['?', '#']) {
            return Err(format!("the issuer `{issuer}` has a query or a fragment, so its keys cannot be discovered"));
        }
        // OpenID Connect Discovery ignores one slash at the end of the issuer here, but not in the comparison of names.
        let document = format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer));
        let document =
            address(&document).map_err(|why| format!("the issuer `{issuer}` {why}, so its keys cannot be discovered"))?;
        let https = Https::open(discovery.ca_path.as_deref(), discovery.token_path.as_deref())?;
        Ok(Self { name: issuer.to_owned(), document, https })
    }

    /// The keys that it publishes now. The caller limits the time.
    pub(crate) async fn fetch(&self) -> Result<Keys, String> {
        let at = |place: &str, why: String| format!("`{place}` {why}");
        let shown = self.document.to_string();
        let text = self.https.get(&self.document).await.map_err(|why| at(&shown, why))?;
        let document: Document =
            serde_json::from_str(&text).map_err(|error| at(&shown, format!("is not a discovery document: {error}")))?;
        if document.issuer != self.name {
            return Err(at(&shown, format!("names the issuer `{}`", short(&document.issuer))));
        }
        let shown = short(&document.jwks_uri);
        let keys = address(&document.jwks_uri).map_err(|why| at(&shown, why))?;
        let text = self.https.get(&keys).await.map_err(|why| at(&shown, why))?;
        parse(&text).map_err(|why| at(&shown, why))
    }
}

/// Text from another system, shortened for a log line.
fn short(text: &str) -> String {
    text.escape_debug().take(200).collect()
}
