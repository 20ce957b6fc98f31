//! A cache of verified tokens: a signature is verified once per token instead of once per call.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::digest;

use crate::{Caller, jwks::Keys};

/// Maximum cached tokens; each takes about 300 bytes.
pub(crate) const TOKENS_MAX: usize = 10_000;
/// Allowed difference between the clocks of two machines.
const LEEWAY_SECONDS: u64 = 10;

/// SHA-256 of a token, so that a memory dump contains no usable token.
pub(crate) type TokenDigest = [u8; digest::SHA256_OUTPUT_LEN];

pub(crate) fn token_digest(token: &str) -> TokenDigest {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// The keys of all issuers at one moment, in the order of the issuers; `None` for an issuer whose keys are not fetched yet.
pub(crate) type KeySnapshot = Vec<Option<Arc<Keys>>>;

/// The validity of a token in seconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    /// The later of `iat` and `nbf`.
    pub(crate) not_before: u64,
    /// The earlier of `exp` and the end of the longest age.
    pub(crate) expiry: u64,
}

impl Validity {
    pub(crate) fn is_expired(self, now_seconds: u64) -> bool {
        self.expiry < now_seconds.saturating_sub(LEEWAY_SECONDS)
    }

    pub(crate) fn is_early(self, now_seconds: u64) -> bool {
        self.not_before > now_seconds.saturating_add(LEEWAY_SECONDS)
    }
}

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) caller: Arc<Caller>,
    /// `jti`; `None` without that claim.
    pub(crate) token_id: Option<String>,
    pub(crate) validity: Validity,
}

/// A bounded cache of verified tokens for one snapshot of keys; a lookup with another snapshot empties it.
///
/// Two generations approximate "least recently used" without a list: a full `recent` replaces `older`, and a hit in `older` moves to `recent`.
pub(crate) struct VerifiedTokens {
    generation_max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    keys: KeySnapshot,
    recent: HashMap<TokenDigest, Arc<Verified>>,
    older: HashMap<TokenDigest, Arc<Verified>>,
}

impl VerifiedTokens {
    /// A cache of at most this many tokens, rounded down to an even number.
    pub(crate) fn new(tokens_max: usize) -> Self {
        Self { generation_max: tokens_max / 2, state: Mutex::default() }
    }

    /// A token that was verified with exactly these keys and is valid now.
    pub(crate) fn find(&self, keys: &KeySnapshot, digest: &TokenDigest, now_seconds: u64) -> Option<Arc<Verified>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_same(&state.keys, keys) {
            *state = State { keys: keys.clone(), ..State::default() };
            return None;
        }
        if let Some(verified) = state.recent.get(digest) {
            if !verified.validity.is_expired(now_seconds) && !verified.validity.is_early(now_seconds) {
                return Some(Arc::clone(verified));
            }
            state.recent.remove(digest);
            return None;
        }
        let verified = state.older.remove(digest)?;
        if verified.validity.is_expired(now_seconds) || verified.validity.is_early(now_seconds) {
            return None;
        }
        state.add(self.generation_max, *digest, Arc::clone(&verified));
        Some(verified)
    }

    /// Caches a token that was verified with these keys, unless the keys changed meanwhile.
    pub(crate) fn insert(&self, keys: &KeySnapshot, digest: TokenDigest, verified: Arc<Verified>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if is_same(&state.keys, keys) && self.generation_max > 0 {
            state.add(self.generation_max, digest, verified);
        }
    }
}

impl State {
    fn add(&mut self, generation_max: usize, digest: TokenDigest, verified: Arc<Verified>) {
        if self.recent.len() >= generation_max {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(digest, verified);
    }
}

/// True if two snapshots have the same sets of keys by identity. A set that was read or fetched again counts as different, even with equal keys.
pub(crate) fn is_same(left: &KeySnapshot, right: &KeySnapshot) -> bool {
    let is_same = |pair: (&Option<Arc<Keys>>, &Option<Arc<Keys>>)| match pair {
        (Some(left), Some(right)) => Arc::ptr_eq(left, right),
        (None, None) => true,
        _ => false,
    };
    left.len() == right.len() && left.iter().zip(right).all(is_same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    fn verified(subject: &str) -> Arc<Verified> {
        let validity = Validity { not_before: 1_000, expiry: 2_000 };
        Arc::new(Verified { caller: Arc::new(Caller::new(Role::Ncetm, subject)), token_id: None, validity })
    }

    fn subject(tokens: &VerifiedTokens, keys: &KeySnapshot, token: &str, now_seconds: u64) -> Option<String> {
        tokens.find(keys, &token_digest(token), now_seconds).map(|verified| verified.caller.subject.clone())
    }

    fn keys() -> KeySnapshot {
        vec![Some(Arc::default())]
    }

    /// A cache after one lookup with the keys, as in an authenticator.
    fn with_keys(tokens_max: usize, keys: &KeySnapshot) -> VerifiedTokens {
        let tokens = VerifiedTokens::new(tokens_max);
        assert_eq!(subject(&tokens, keys, "", 1_500), None);
        tokens
    }

    fn len(tokens: &VerifiedTokens) -> usize {
        let state = tokens.state.lock().unwrap();
        state.recent.len() + state.older.len()
    }

    #[test]
    fn a_token_is_found_while_it_is_valid_only() {
        let keys = keys();
        let tokens = with_keys(10, &keys);
        for (now_seconds, is_found) in [(1_500, true), (989, false), (990, true), (2_010, true), (2_011, false)] {
            tokens.insert(&keys, token_digest("token"), verified("ada"));
            assert_eq!(subject(&tokens, &keys, "token", now_seconds).is_some(), is_found, "at {now_seconds}");
        }
        assert_eq!(subject(&tokens, &keys, "token", 1_500), None, "an expired token is removed");
    }

    #[test]
    fn other_keys_empty_the_cache() {
        let (before, after) = (keys(), keys());
        let tokens = with_keys(10, &before);
        tokens.insert(&before, token_digest("token"), verified("ada"));
        assert_eq!(subject(&tokens, &before, "token", 1_500), Some("ada".to_owned()));
        assert_eq!(subject(&tokens, &after, "token", 1_500), None, "another set of keys, though equal");
        assert_eq!(len(&tokens), 0);
        assert_eq!(subject(&tokens, &vec![None], "token", 1_500), None);
    }

    #[test]
    fn a_token_verified_with_former_keys_is_not_remembered() {
        let (before, after) = (keys(), keys());
        let tokens = with_keys(10, &after);
        tokens.insert(&before, token_digest("token"), verified("ada"));
        assert_eq!(subject(&tokens, &after, "token", 1_500), None);
        assert_eq!(len(&tokens), 0);
    }

    #[test]
    fn the_cache_is_bounded_and_keeps_the_tokens_in_use() {
        let keys = keys();
        let tokens = with_keys(10, &keys);
        for number in 0..100 {
            tokens.insert(&keys, token_digest(&number.to_string()), verified(&number.to_string()));
            assert_eq!(subject(&tokens, &keys, "0", 1_500), Some("0".to_owned()), "the token in use is kept");
            assert!(len(&tokens) <= 10, "{} tokens", len(&tokens));
        }
        assert_eq!(subject(&tokens, &keys, "50", 1_500), None, "a token that was not used is evicted");
    }

    #[test]
    fn a_cache_of_no_tokens_remembers_none() {
        let keys = keys();
        let tokens = with_keys(0, &keys);
        tokens.insert(&keys, token_digest("token"), verified("ada"));
        assert_eq!(subject(&tokens, &keys, "token", 1_500), None);
    }
}
