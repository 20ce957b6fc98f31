//! Public keys from a JWKS, each pinned to the one algorithm that it is for.

use std::{collections::HashMap, sync::Arc};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse},
};

use crate::{KeySource, MachineClock, Trusted, discovery::DiscoveredKeys, file::WatchedFile};

/// Why an issuer's keys cannot be had, in one sentence.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct JwksError(String);

/// A key and the only algorithm that may be used with it: what a token's header asks for does not choose.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

/// The keys of one issuer, by their ids.
pub(crate) type Keys = HashMap<String, Key>;

/// Where the keys of one issuer come from.
pub(crate) enum Jwks {
    /// At most a second older than the file.
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

    /// `None` until they came.
    pub(crate) fn keys(&self) -> Option<Arc<Keys>> {
        match self {
            Self::File(file) => Some(file.value()),
            Self::Discovered(discovered) => discovered.keys(),
        }
    }

    /// Whether a key that is not here may come at once.
    pub(crate) fn request_refresh(&self) -> bool {
        matches!(self, Self::Discovered(discovered) if discovered.request_refresh())
    }
}

pub(crate) fn parse(text: &str) -> Result<Keys, String> {
    let set: JwkSet = serde_json::from_str(text).map_err(|error| format!("is not a JWKS: {error}"))?;
    let keys: Keys = set.keys.iter().filter_map(|jwk| Some((jwk.common.key_id.clone()?, key(jwk)?))).collect();
    if keys.is_empty() {
        return Err("holds no Ed25519, P-256 or RSA key with an id, so nobody could call".to_owned());
    }
    Ok(keys)
}

/// `None` for keys of other kinds or for other uses; issuers publish such beside the ones that matter.
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
