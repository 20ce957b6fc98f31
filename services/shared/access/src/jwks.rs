//! Public keys from a JWKS file, each pinned to the one algorithm that it is for.

use std::{collections::HashMap, path::Path, sync::Arc};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse},
};

use crate::file::Watched;

/// A JWKS file that cannot be used, in one sentence.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct JwksError(String);

/// A key and the only algorithm that may be used with it: what a token's header asks for does not choose.
pub(crate) struct Key {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

/// The keys of one issuer, by their ids; at most a second older than the file.
pub(crate) struct Jwks(Watched<HashMap<String, Key>>);

impl Jwks {
    pub(crate) fn open(path: &Path) -> Result<Self, JwksError> {
        Watched::open(path, parse).map(Self).map_err(JwksError)
    }

    pub(crate) fn keys(&self) -> Arc<HashMap<String, Key>> {
        self.0.value()
    }
}

fn parse(text: &str) -> Result<HashMap<String, Key>, String> {
    let set: JwkSet = serde_json::from_str(text).map_err(|error| format!("is not a JWKS: {error}"))?;
    let keys: HashMap<_, _> = set.keys.iter().filter_map(|jwk| Some((jwk.common.key_id.clone()?, key(jwk)?))).collect();
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
