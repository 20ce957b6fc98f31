//! Whose tokens are good, and where the keys to check them come from.

use std::{path::PathBuf, time::Duration};

/// An issuer and where its public keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// As in the claim `iss`.
    pub issuer: String,
    /// Where its keys are.
    pub keys: KeySource,
}

/// Where an issuer's public keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// In this JWKS file, read again when it changes.
    File(PathBuf),
    /// At the issuer itself, which says where by OpenID Connect Discovery 1.0.
    Discovered(Discovery),
}

/// How an issuer is asked for its keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discovery {
    /// PEM file with the authorities that vouch for the issuer; without it, those that Mozilla's programme lists.
    pub ca_path: Option<PathBuf>,
    /// File with a bearer token that the issuer demands of who reads its keys, as Kubernetes does; read again when it changes. It goes to the issuer
    /// and to where the issuer says that its keys are.
    pub token_path: Option<PathBuf>,
    /// How often, and for how long.
    pub pace: Pace,
}

/// How often an issuer is asked, and how long it may take. By the machine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Keys are fetched again after so long: a key that the issuer withdrew is good for so much longer.
    pub interval: Duration,
    /// Between two fetches lies at least so long, whatever tokens name; after a failure it is just so long.
    pub pause: Duration,
    /// Both documents together may take so long.
    pub fetch_max: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { interval: Duration::from_secs(5 * 60), pause: Duration::from_secs(10), fetch_max: Duration::from_secs(10) }
    }
}

impl Trusted {
    /// An issuer whose keys are in a JWKS file.
    pub fn file(issuer: impl Into<String>, jwks_path: impl Into<PathBuf>) -> Self {
        Self { issuer: issuer.into(), keys: KeySource::File(jwks_path.into()) }
    }
}
