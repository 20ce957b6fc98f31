//! Tokens, keys and authenticators of the tests.

use std::{
    collections::HashMap,
    fs,
    io::Write,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use access::{Authenticator, Caller, Claims, LOCAL_ISSUER, LocalKey, MachineClock, Role, TokenRules, Trusted, Unauthenticated};
use tempfile::TempDir;

pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

pub(crate) fn ncetm() -> Caller {
    Caller::new(Role::Ncetm, "ada")
}

pub(crate) fn lead() -> Caller {
    Caller::hub_lead("hubs/x", "grace")
}

pub(crate) fn local() -> (TempDir, LocalKey, Authenticator) {
    let folder = TempDir::new().unwrap();
    let key = LocalKey::open_or_create(folder.path()).unwrap();
    let authenticator = Authenticator::local(&key, "network").unwrap();
    (folder, key, authenticator)
}

pub(crate) fn rules() -> TokenRules {
    TokenRules::new("network")
}

pub(crate) fn trusting(folder: &Path, jwks: &serde_json::Value, subjects: HashMap<String, Role>) -> Authenticator {
    let jwks_path = folder.join("other.json");
    fs::write(&jwks_path, jwks.to_string()).unwrap();
    Authenticator::new(&[Trusted { subjects, ..Trusted::file("https://issuer", jwks_path, &Role::ALL) }], &rules()).unwrap()
}

pub(crate) fn changed(caller: &Caller, change: impl FnOnce(&mut Claims)) -> Claims {
    let mut claims = Claims::new(caller, HOUR);
    change(&mut claims);
    claims
}

/// Log output as an operator reads it.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The outcome of a token, and its log output.
pub(crate) fn judged(authenticator: &Authenticator, token: &str) -> (Result<Caller, Unauthenticated>, String) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let judged = tracing::subscriber::with_default(subscriber, || authenticator.authenticate_token(token));
    let bytes = log.0.lock().unwrap().clone();
    (judged, String::from_utf8(bytes).unwrap())
}

/// A clock that a test sets.
#[derive(Clone)]
pub(crate) struct ManualClock(pub(crate) Arc<AtomicU64>);

impl ManualClock {
    pub(crate) fn at(seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seconds)))
    }

    pub(crate) fn set(&self, seconds: u64) {
        self.0.store(seconds, Ordering::Relaxed);
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    /// A local key, and an authenticator that trusts it and uses this clock.
    pub(crate) fn local(&self) -> (TempDir, LocalKey, Authenticator) {
        let (folder, key, _) = local();
        let seconds = Arc::clone(&self.0);
        let clock = MachineClock::from_fn(move || Duration::from_secs(seconds.load(Ordering::Relaxed)));
        let trusted = [Trusted::file(LOCAL_ISSUER, key.jwks_path(), &Role::ALL)];
        let authenticator = Authenticator::with_clock(&trusted, &rules(), clock).unwrap();
        (folder, key, authenticator)
    }
}
