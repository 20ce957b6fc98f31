//! Authenticates the caller of a request by its bearer token.

use std::collections::HashMap;

use http::{HeaderMap, header::AUTHORIZATION};
use jsonwebtoken::{Validation, dangerous::insecure_decode_claims, decode, decode_header};
use serde::{Deserialize, Deserializer, de};

use crate::{
    AUDIENCE, Caller, JwksError, LOCAL_ISSUER, LocalKey, MachineClock, Role, TokenScope, Trusted, Unauthenticated,
    jwks::{Jwks, Key},
    verified::{KeySnapshot, TOKENS_MAX, Validity, Verified, VerifiedTokens, is_same, token_digest},
};

/// Longer headers are refused without parsing.
const TOKEN_LENGTH_MAX: usize = 8 * 1024;
/// Maximum length of a subject, which is stored with every change.
const SUBJECT_LENGTH_MAX: usize = 255;

/// Verifies tokens. Several issuers can be trusted: an identity provider for people, Kubernetes for services.
///
/// A verified token is cached until it expires or the keys of any issuer change.
pub struct Authenticator {
    issuers: Vec<Issuer>,
    subjects: HashMap<String, Role>,
    clock: MachineClock,
    verified: VerifiedTokens,
}

/// An issuer, the required claims of its tokens, and its keys.
struct Issuer {
    name: String,
    validation: Validation,
    jwks: Jwks,
}

/// The unverified issuer of a token. It only selects the keys to try; the signature then proves it.
#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

/// The claims that are read after the signature, issuer and audience are verified. Times are seconds since 1970, UTC.
#[derive(Deserialize)]
struct Payload {
    sub: String,
    #[serde(deserialize_with = "numeric_date")]
    exp: u64,
    #[serde(default, deserialize_with = "numeric_date")]
    nbf: u64,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    hub: Option<String>,
    #[serde(default)]
    school: Option<String>,
}

impl Authenticator {
    /// Trusts these issuers. `subjects` assigns roles to subjects whose tokens have no role, such as Kubernetes' service accounts
    /// (`system:serviceaccount:<namespace>:<name>`). Fails when a JWKS file cannot be read or contains no usable key. A discovered issuer need not
    /// answer yet; it requires a runtime, and fails when its name is not an https address or one of its files cannot be read.
    pub fn new(trusted: &[Trusted], subjects: HashMap<String, Role>) -> Result<Self, JwksError> {
        Self::with_clock(trusted, subjects, MachineClock::system())
    }

    /// Like [`Self::new`], with another clock than the machine's.
    pub fn with_clock(trusted: &[Trusted], subjects: HashMap<String, Role>, clock: MachineClock) -> Result<Self, JwksError> {
        let issuer = |trusted: &Trusted| {
            let (name, validation) = (trusted.issuer.clone(), validation(&trusted.issuer));
            Ok(Issuer { name, validation, jwks: Jwks::open(trusted, &clock)? })
        };
        let issuers = trusted.iter().map(issuer).collect::<Result<_, _>>()?;
        Ok(Self { issuers, subjects, clock, verified: VerifiedTokens::new(TOKENS_MAX) })
    }

    /// Caches at most this many verified tokens, rounded down to an even number; the default is 10,000. With 0 every call verifies a signature.
    pub fn with_tokens_max(self, tokens_max: usize) -> Self {
        Self { verified: VerifiedTokens::new(tokens_max), ..self }
    }

    /// Trusts the tokens that a local key signs, and no others.
    pub fn local(key: &LocalKey) -> Result<Self, JwksError> {
        Self::new(&[Trusted::file(LOCAL_ISSUER, key.jwks_path())], HashMap::new())
    }

    /// The caller, by the metadata of the call.
    pub fn authenticate(&self, metadata: &HeaderMap) -> Result<Caller, Unauthenticated> {
        let mut values = metadata.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(Unauthenticated::Missing)?;
        if values.next().is_some() || value.len() > TOKEN_LENGTH_MAX {
            return Err(Unauthenticated::Invalid);
        }
        let value = value.to_str().map_err(|_| Unauthenticated::Invalid)?;
        match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => {
                self.authenticate_token(token.trim())
            }
            _ => Err(Unauthenticated::Missing),
        }
    }

    /// The caller that a token identifies.
    pub fn authenticate_token(&self, token: &str) -> Result<Caller, Unauthenticated> {
        let (digest, now_seconds) = (token_digest(token), self.clock.now_seconds());
        loop {
            // Lookup and verification use the same snapshot of keys, so that a token is never cached under keys that did not verify it.
            let keys = self.keys();
            if let Some(caller) = self.verified.find(&keys, &digest, now_seconds) {
                return Ok(caller);
            }
            match self.verify(token, &keys, now_seconds) {
                Ok(verified) => {
                    let caller = verified.caller.clone();
                    self.verified.insert(&keys, digest, verified);
                    return Ok(caller);
                }
                // The missing key may have arrived during the verification.
                Err(Unauthenticated::Invalid) if !is_same(&keys, &self.keys()) => {}
                Err(why) => return Err(why),
            }
        }
    }

    fn keys(&self) -> KeySnapshot {
        self.issuers.iter().map(|issuer| issuer.jwks.keys()).collect()
    }

    fn verify(&self, token: &str, keys: &KeySnapshot, now_seconds: u64) -> Result<Verified, Unauthenticated> {
        let header = decode_header(token).map_err(|error| refused(&error.to_string()))?;
        let id = header.kid.ok_or_else(|| refused("it names no key"))?;
        let Claimed { iss } = insecure_decode_claims(token).map_err(|error| refused(&error.to_string()))?;
        // A token is refused only when no issuer accepts it, so the cause is logged at the end.
        let (mut why, mut cause) = (Unauthenticated::Invalid, "no trusted issuer has its key".to_owned());
        for (Issuer { validation, jwks, .. }, keys) in self.issuers.iter().zip(keys).filter(|(issuer, _)| issuer.name == iss) {
            let found = keys.as_ref().and_then(|keys| keys.get(&id));
            let Some(Key { algorithm, key }) = found else {
                if jwks.request_refresh() {
                    why = Unauthenticated::KeysPending;
                }
                continue;
            };
            let validation = Validation { algorithms: vec![*algorithm], ..validation.clone() };
            match decode::<Payload>(token, key, &validation) {
                Ok(data) => {
                    let validity = Validity { not_before: data.claims.nbf, expiry: data.claims.exp };
                    if validity.is_expired(now_seconds) {
                        why = Unauthenticated::Expired;
                    } else if validity.is_early(now_seconds) {
                        (why, cause) = (Unauthenticated::Invalid, "it is not valid yet".to_owned());
                    } else {
                        return Ok(Verified { caller: self.caller(data.claims)?, validity });
                    }
                }
                Err(error) => (why, cause) = (Unauthenticated::Invalid, error.to_string()),
            }
        }
        Err(if why == Unauthenticated::Invalid { refused(&cause) } else { why })
    }

    fn caller(&self, claims: Payload) -> Result<Caller, Unauthenticated> {
        if claims.sub.is_empty() || claims.sub.len() > SUBJECT_LENGTH_MAX || claims.sub.chars().any(char::is_control) {
            return Err(refused("its subject is empty, too long or not printable"));
        }
        let role = match &claims.role {
            Some(text) => text.parse().map_err(|_| refused("its role is unknown"))?,
            None => *self
                .subjects
                .get(&claims.sub)
                .ok_or_else(|| refused("it has no role, and configuration assigns none to its subject"))?,
        };
        let scope = role.token_scope();
        let hub = claims.hub.filter(|_| scope == TokenScope::Hub);
        let school = claims.school.filter(|_| scope == TokenScope::School);
        let is_complete = match scope {
            TokenScope::Hub => hub.as_deref().is_some_and(|hub| names(hub, "hubs/")),
            TokenScope::School => school.as_deref().is_some_and(|school| names(school, "schools/")),
            TokenScope::All => true,
        };
        if !is_complete {
            return Err(refused("it lacks the hub or school that its role needs"));
        }
        Ok(Caller { subject: claims.sub, role, hub, school })
    }
}

/// Logs the cause. The caller gets no details.
fn refused(why: &str) -> Unauthenticated {
    tracing::info!(why, "refused a token");
    Unauthenticated::Invalid
}

fn names(name: &str, collection: &str) -> bool {
    let id = name.strip_prefix(collection).unwrap_or_default();
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn validation(issuer: &str) -> Validation {
    // Each key sets its algorithm; the one here is not used.
    let mut validation = Validation::new(jsonwebtoken::Algorithm::EdDSA);
    // `verify` checks times, by the injected clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation
}

/// Seconds since 1970 as in RFC 7519: a number that is not negative; fractions are rounded.
fn numeric_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    /// Above this value an `f64` does not represent every second; the year is 285 million.
    const SECONDS_MAX: f64 = 9_007_199_254_740_992.0;
    let number = serde_json::Number::deserialize(deserializer)?;
    let fraction = number.as_f64().filter(|seconds| (0.0..SECONDS_MAX).contains(seconds));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked in the line above")]
    let rounded = fraction.map(|seconds| seconds.round() as u64);
    number.as_u64().or(rounded).ok_or_else(|| de::Error::custom("not a time"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Claims;

    #[test]
    fn a_token_is_verified_once() {
        let folder = tempfile::tempdir().unwrap();
        let key = LocalKey::open_or_create(folder.path()).unwrap();
        let authenticator = Authenticator::local(&key).unwrap();
        let caller = Caller { subject: "ada".to_owned(), role: Role::Ncetm, hub: None, school: None };
        let genuine = key.sign(&Claims::new(&caller, Duration::from_secs(60)));
        assert_eq!(authenticator.authenticate_token(&genuine), Ok(caller.clone()));
        let keys: KeySnapshot = authenticator.issuers.iter().map(|issuer| issuer.jwks.keys()).collect();
        let now_seconds = authenticator.clock.now_seconds();
        assert_eq!(authenticator.verified.find(&keys, &token_digest(&genuine), now_seconds), Some(caller.clone()));
        // A cached text without a signature: it would be refused if it were verified.
        let validity = Validity { not_before: 0, expiry: now_seconds + 60 };
        let planted = Verified { caller: caller.clone(), validity };
        authenticator.verified.insert(&keys, token_digest("planted"), planted);
        assert_eq!(authenticator.authenticate_token("planted"), Ok(caller));
        assert_eq!(authenticator.authenticate_token("refused"), Err(Unauthenticated::Invalid));
        assert_eq!(authenticator.verified.find(&keys, &token_digest("refused"), now_seconds), None, "refusals are not cached");
    }
}
