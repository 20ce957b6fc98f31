//! The local signing key of a data folder, for evaluation without an identity provider.

use std::{path::Path, sync::Arc, time::Duration};

use access::{Caller, Claims, LocalKey, Role, TokenSource, audience_of};
use anyhow::bail;

/// Subfolder of the data folder that contains the key.
const KEY_FOLDER: &str = "key";

/// A local key. Clones share it.
#[derive(Clone)]
pub(crate) struct Key(pub(crate) Arc<LocalKey>);

impl Key {
    /// The key of a data folder; created when it is missing.
    pub(crate) fn create(data: &Path) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(LocalKey::open_or_create(&data.join(KEY_FOLDER))?)))
    }

    /// The key of a data folder. Fails when it is missing.
    pub(crate) fn read(data: &Path) -> anyhow::Result<Self> {
        if !data.join(KEY_FOLDER).is_dir() {
            bail!(
                "there is no key in {}; start `mathshubs up` with this folder first, or name its folder with --data",
                data.display()
            );
        }
        Self::create(data)
    }

    /// A token for a caller and some audiences, valid for a number of hours.
    pub(crate) fn sign(&self, caller: &Caller, audiences: Vec<String>, hours: u32) -> String {
        self.0.sign(&Claims { aud: audiences, ..Claims::new(caller, Duration::from_secs(u64::from(hours) * 3_600)) })
    }

    /// The source of the tokens with which the service `follower` reads the feed of `service`.
    pub(crate) fn token_source(&self, follower: &str, service: &str) -> TokenSource {
        let caller = Caller::new(Role::Follower, format!("follower-{follower}"));
        TokenSource::local(Arc::clone(&self.0), caller, &audience_of(service))
    }
}
