//! Public keys from a JWKS, each pinned to the one algorithm that it is for.

use std::{collections::HashMap, sync::Arc};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse},
};

use crate::{KeySource, MachineClock, Trusted, discovery::DiscoveredKeys, file::WatchedFile};

/// The keys of an issuer cannot be loaded, in one sentence.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct JwksError(String);

/// A key and its only permitted algorithm: the token's header does not select it.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

/// The keys of one issuer, by key id.
pub(crate) type Keys = HashMap<String, Key>;

/// The source of an issuer's keys.
pub(crate) enum Jwks {
    /// A file, read again at most once a second.
    File(WatchedFile<Keys>),
    Discovered(DiscoveredKeys),
}

impl Jwks {
    pub(crate) fn open(trusted: &Trusted, clock: &MachineClock) -> Result<Self, JwksError> {
        match &trusted.keys {
            KeySource::File(path) => WatchedFile::open(path, clock.clone(), parse).map(Self::File),
            KeySource::Discovered(discovery) => DiscoveredKeys::open(&trusted.issuer, discovery).map(Self::Discovered),
        }
        .map_err(JwksError)
    }

    /// The keys; `None` until they are fetched.
    pub(crate) fn keys(&self) -> Option<Arc<Keys>> {
        match self {
            Self::File(file) => Some(file.value()),
            Self::Discovered(discovered) => discovered.keys(),
        }
    }

    /// Requests an unknown key. True if it may arrive soon.
    pub(crate) fn request_refresh(&self) -> bool {
        matches!(self, Self::Discovered(discovered) if discovered.request_refresh())
    }
}

pub(crate) fn parse(text: &str) -> Result<Keys, String> {
    let set: JwkSet = serde_json::from_str(text).map_err(|error| format!("is not a JWKS: {error}"))?;
    let keys: Keys = set.keys.iter().filter_map(|jwk| Some((jwk.common.key_id.clone()?, key(jwk)?))).collect();
    if keys.is_empty() {
        return Err("holds no Ed25519, P-256 or RSA key with an id, so that no token could be verified".to_owned());
    }
    Ok(keys)
}

/// `None` for keys of other types or uses; issuers publish such keys too.
fn key(jwk: &Jwk) -> Option<Key> {
    if matches!(&jwk.common.public_key_use, Some(other) if *other != PublicKeyUse::Signature) {
        return None;
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        _ => return None,
    };
    if matches!(jwk.common.key_algorithm, Some(other) if other.to_string() != format!("{algorithm:?}")) {
        return None;
    }
    DecodingKey::from_jwk(jwk).ok().map(|key| Key { algorithm, key })
}
