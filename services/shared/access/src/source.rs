//! The token that a program sends with its calls.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::HeaderValue;
use tonic::{
    Status,
    metadata::{Ascii, MetadataMap, MetadataValue},
    service::Interceptor,
};

use crate::{Caller, Claims, LocalKey, MachineClock, file::WatchedFile};

/// Lifetime of locally signed tokens.
const LIFETIME: Duration = Duration::from_secs(15 * 60);
/// A new token is signed this long before the old one expires.
const RENEWAL_SECONDS: u64 = 5 * 60;

/// Gives the token for outgoing calls; cheap to clone. As a tonic interceptor it adds the token to every call.
#[derive(Clone)]
pub struct TokenSource(Arc<Kind>);

enum Kind {
    Fixed(MetadataValue<Ascii>),
    File(WatchedFile<MetadataValue<Ascii>>),
    Local { key: Arc<LocalKey>, caller: Caller, audience: String, current: Mutex<Option<(u64, MetadataValue<Ascii>)>> },
}

/// A token or its file cannot be used, in one sentence.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct TokenSourceError(String);

impl TokenSource {
    /// A fixed token. Errors when the text is empty or contains characters that are not allowed in a token.
    pub fn fixed(token: &str) -> Result<Self, TokenSourceError> {
        let value = bearer(token).map_err(|error| TokenSourceError(format!("the text {error}")))?;
        Ok(Self(Arc::new(Kind::Fixed(value))))
    }

    /// The token in a file, read again when it changes: Kubernetes replaces projected tokens before they expire. Errors when the file cannot be read
    /// or contains no token now. If it cannot be read later, the last token stays in use.
    pub fn file(path: &Path) -> Result<Self, TokenSourceError> {
        Self::file_by(path, MachineClock::system())
    }

    /// Like [`Self::file`], with a clock for the checks of the file, which happen at most once a second.
    pub fn file_by(path: &Path, clock: MachineClock) -> Result<Self, TokenSourceError> {
        let file = WatchedFile::open(path, clock, |text| bearer(text.trim()));
        file.map(|file| Self(Arc::new(Kind::File(file)))).map_err(TokenSourceError)
    }

    /// Tokens that a local key signs for this caller and audience, renewed before they expire.
    pub fn local(key: Arc<LocalKey>, caller: Caller, audience: &str) -> Self {
        Self(Arc::new(Kind::Local { key, caller, audience: audience.to_owned(), current: Mutex::new(None) }))
    }

    /// The current value of `authorization`.
    pub fn authorization(&self) -> MetadataValue<Ascii> {
        match &*self.0 {
            Kind::Fixed(value) => value.clone(),
            Kind::File(file) => file.value().as_ref().clone(),
            Kind::Local { key, caller, audience, current } => {
                let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
                match &*current {
                    Some((expiry, value)) if MachineClock::system().now_seconds() + RENEWAL_SECONDS < *expiry => value.clone(),
                    _ => {
                        let claims = Claims { aud: vec![audience.clone()], ..Claims::new(caller, LIFETIME) };
                        let value = bearer(&key.sign(&claims)).expect("a token is base64 and dots");
                        *current = Some((claims.exp, value.clone()));
                        value
                    }
                }
            }
        }
    }

    /// Adds the token to a call's metadata.
    pub fn authorise(&self, metadata: &mut MetadataMap) {
        metadata.insert("authorization", self.authorization());
    }
}

impl Interceptor for TokenSource {
    fn call(&mut self, mut request: tonic::Request<()>) -> Result<tonic::Request<()>, Status> {
        self.authorise(request.metadata_mut());
        Ok(request)
    }
}

fn bearer(token: &str) -> Result<MetadataValue<Ascii>, String> {
    let sound = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::try_from(format!("Bearer {token}")).ok().filter(|_| sound).ok_or("holds no token")?;
    let mut value = MetadataValue::try_from(value.as_bytes()).map_err(|_| "holds no token")?;
    // Sensitive values are not printed in logs.
    value.set_sensitive(true);
    Ok(value)
}
