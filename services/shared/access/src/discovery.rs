//! The public keys of an OpenID Connect issuer, fetched from it at intervals and when a token names one that is not known.
//!
//! An issuer that is down takes nothing down: keys that came stay in force, and a service starts without them.

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

/// The keys of an issuer, as it gave them last.
pub(crate) struct DiscoveredKeys {
    state: Arc<State>,
    /// Ends when this is dropped.
    _following: JoinSet<()>,
}

#[derive(Default)]
struct State {
    keys: Mutex<Option<Arc<Keys>>>,
    /// Somebody named a key that is not there.
    wanted: Notify,
    /// The issuer was asked a moment ago, and is left in peace.
    resting: AtomicBool,
}

impl DiscoveredKeys {
    /// Begins to ask the issuer, and does not wait for its answer. Fails when the issuer is no https address, or a file of `discovery` cannot be used.
    /// Must be called within a runtime.
    pub(crate) fn open(issuer: &str, discovery: &Discovery) -> Result<Self, String> {
        if issuer.contains(['?', '#']) {
            return Err(format!("the issuer `{issuer}` has a query or a fragment, so its keys cannot be discovered"));
        }
        // By the standard one slash at the end of the issuer does not count here, and does count where names are compared.
        let document = format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer));
        let document =
            address(&document).map_err(|why| format!("the issuer `{issuer}` {why}, so its keys cannot be discovered"))?;
        let https = Https::open(discovery.ca_path.as_deref(), discovery.token_path.as_deref())?;
        let (issuer, state) = (Issuer { name: issuer.to_owned(), document, https }, Arc::new(State::default()));
        let mut following = JoinSet::new();
        following.spawn(follow(issuer, discovery.pace, Arc::clone(&state)));
        Ok(Self { state, _following: following })
    }

    /// Its keys; `None` until they came for the first time.
    pub(crate) fn keys(&self) -> Option<Arc<Keys>> {
        self.state.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has the issuer asked for a key that is not here. True when it may well come at once: the issuer is being asked, or no keys came yet. Right after
    /// it was asked, a key that it did not name is taken for an invention.
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
                    "cannot fetch the keys of an issuer; those that came before stay in force"
                );
                Duration::ZERO
            }
        };
        state.resting.store(true, Ordering::Relaxed);
        sleep(pace.pause).await;
        state.resting.store(false, Ordering::Relaxed);
        // Whoever wanted a key meanwhile is remembered, so this returns at once.
        let _ = timeout(wait, state.wanted.notified()).await;
    }
}

struct Issuer {
    name: String,
    document: Uri,
    https: Https,
}

/// What is read of a discovery document.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

impl Issuer {
    async fn fetch(&self) -> Result<Keys, String> {
        let at = |place: &str, why: String| format!("`{place}` {why}");
        let shown = self.document.to_string();
        let text = self.https.get(&self.document).await.map_err(|why| at(&shown, why))?;
        let document: Document =
            serde_json::from_str(&text).map_err(|error| at(&shown, format!("is no discovery document: {error}")))?;
        if document.issuer != self.name {
            return Err(at(&shown, format!("speaks for the issuer `{}`", short(&document.issuer))));
        }
        let shown = short(&document.jwks_uri);
        let keys = address(&document.jwks_uri).map_err(|why| at(&shown, why))?;
        let text = self.https.get(&keys).await.map_err(|why| at(&shown, why))?;
        parse(&text).map_err(|why| at(&shown, why))
    }
}

/// What others wrote, as a log can take it.
fn short(text: &str) -> String {
    text.escape_debug().take(200).collect()
}
