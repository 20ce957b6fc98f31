//! The trusted issuers and the sources of their keys.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use tokio::time::timeout;

use crate::{MachineClock, Role, discovery::Issuer, file::WatchedFile, jwks::parse};

/// An issuer, the source of its public keys, and the roles that it may speak for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// The value of the claim `iss`.
    pub issuer: String,
    /// The source of its keys.
    pub keys: KeySource,
    /// The roles that its tokens may have. A token with another role is refused.
    pub roles: Vec<Role>,
    /// Roles of its subjects whose tokens have no role, such as Kubernetes' service accounts (`system:serviceaccount:<namespace>:<name>`).
    pub subjects: HashMap<String, Role>,
}

/// The source of an issuer's public keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A JWKS file, read again when it changes.
    File(PathBuf),
    /// The issuer itself, by OpenID Connect Discovery 1.0.
    Discovered(Discovery),
}

/// Settings of key discovery.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discovery {
    /// PEM file with the authorities that issue the issuer's certificate; default: the authorities of Mozilla's programme.
    pub ca_path: Option<PathBuf>,
    /// File with the bearer token that the issuer requires for reading its keys, as Kubernetes does; read again when it changes. It is sent to the
    /// issuer and to the address of its keys.
    pub token_path: Option<PathBuf>,
    /// Intervals and timeouts.
    pub pace: Pace,
}

/// Intervals and timeouts of fetches, by the machine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Interval between fetches: a withdrawn key stays valid at most this much longer.
    pub interval: Duration,
    /// Minimum time between two fetches, also after a failure or for unknown key ids.
    pub pause: Duration,
    /// Timeout of one fetch of both documents.
    pub fetch_max: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { interval: Duration::from_secs(5 * 60), pause: Duration::from_secs(10), fetch_max: Duration::from_secs(10) }
    }
}

impl Trusted {
    /// An issuer that may speak for these roles, with its keys in a JWKS file.
    pub fn file(issuer: impl Into<String>, jwks_path: impl Into<PathBuf>, roles: &[Role]) -> Self {
        Self { issuer: issuer.into(), keys: KeySource::File(jwks_path.into()), roles: roles.to_vec(), subjects: HashMap::new() }
    }

    /// Errors when the file of its keys or of its discovery cannot be used, or its name is no https address that keys are discovered at. The issuer is not
    /// called.
    pub fn check(&self) -> Result<(), String> {
        match &self.keys {
            KeySource::File(path) => WatchedFile::open(path, MachineClock::system(), parse).map(drop),
            KeySource::Discovered(discovery) => Issuer::open(&self.issuer, discovery).map(drop),
        }
    }

    /// The number of its keys now, from the file or from the issuer itself. Errors in one sentence when there are none.
    pub async fn keys_count(&self) -> Result<usize, String> {
        match &self.keys {
            KeySource::File(path) => Ok(WatchedFile::open(path, MachineClock::system(), parse)?.value().len()),
            KeySource::Discovered(discovery) => {
                let issuer = Issuer::open(&self.issuer, discovery)?;
                let fetched = timeout(discovery.pace.fetch_max, issuer.fetch()).await;
                let fetched = fetched.unwrap_or_else(|_| Err(format!("took longer than {:?}", discovery.pace.fetch_max)));
                Ok(fetched?.len())
            }
        }
    }
}
