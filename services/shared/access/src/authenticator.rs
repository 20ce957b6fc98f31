//! Authenticates the caller of a request by its bearer token.

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use http::{HeaderMap, header::AUTHORIZATION};
use jsonwebtoken::{Validation, dangerous::insecure_decode_claims, decode, decode_header};
use serde::{Deserialize, Deserializer, de};

use crate::{
    AUDIENCE, Caller, DenyListError, JwksError, LOCAL_ISSUER, LocalKey, MachineClock, Role, TokenScope, Trusted, Unauthenticated,
    audience_of, contracts,
    deny::DenyList,
    jwks::{Jwks, Key},
    verified::{KeySnapshot, TOKENS_MAX, Validity, Verified, VerifiedTokens, is_same, token_digest},
};

/// Longer headers are refused without parsing.
const TOKEN_LENGTH_MAX: usize = 8 * 1024;
/// Maximum length of a subject and of a token's id.
const SUBJECT_LENGTH_MAX: usize = 255;
/// Default of the longest time since a token was issued.
pub const TOKEN_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Verifies the tokens that callers of one service send. Several issuers can be trusted: an identity provider for people, Kubernetes for programs.
///
/// A verified token is cached until it expires or the keys of any issuer change. The deny list applies to cached tokens too.
pub struct Authenticator {
    issuers: Vec<Issuer>,
    /// Audience of tokens for this service alone.
    audience: String,
    token_age_max: Duration,
    denied: Option<DenyList>,
    clock: MachineClock,
    verified: VerifiedTokens,
}

/// An authenticator cannot be set up, in one sentence.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthenticatorError {
    /// The keys of an issuer cannot be loaded.
    #[error(transparent)]
    Keys(#[from] JwksError),
    /// The deny list cannot be read.
    #[error(transparent)]
    DenyList(#[from] DenyListError),
}

/// Conditions on tokens besides their issuer.
#[derive(Debug, Clone)]
pub struct TokenRules {
    /// Name of the service that they are sent to, `network`.
    pub service: String,
    /// Longest time since a token was issued, also of one that expires later.
    pub age_max: Duration,
    /// File with denied subjects and tokens.
    pub deny_path: Option<PathBuf>,
}

impl TokenRules {
    /// The default rules for a service: [`TOKEN_AGE_MAX`], and no deny list.
    pub fn new(service: impl Into<String>) -> Self {
        Self { service: service.into(), age_max: TOKEN_AGE_MAX, deny_path: None }
    }
}

/// An issuer, the required claims of its tokens, and its keys.
struct Issuer {
    name: Arc<str>,
    validation: Validation,
    jwks: Jwks,
    roles: Vec<Role>,
    subjects: HashMap<String, Role>,
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
    aud: Audience,
    #[serde(deserialize_with = "numeric_date")]
    iat: u64,
    #[serde(deserialize_with = "numeric_date")]
    exp: u64,
    #[serde(default, deserialize_with = "numeric_date")]
    nbf: u64,
    #[serde(default)]
    jti: Option<String>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    hub: Option<String>,
    #[serde(default)]
    school: Option<String>,
    person: Option<String>,
}

/// One audience or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

impl Authenticator {
    /// Trusts these issuers. Fails when a JWKS file or the deny list cannot be read, or a JWKS contains no usable key. A discovered issuer need not
    /// answer yet; it requires a runtime, and fails when its name is not an https address or one of its files cannot be read.
    pub fn new(trusted: &[Trusted], rules: &TokenRules) -> Result<Self, AuthenticatorError> {
        Self::with_clock(trusted, rules, MachineClock::system())
    }

    /// Like [`Self::new`], with another clock than the machine's.
    pub fn with_clock(trusted: &[Trusted], rules: &TokenRules, clock: MachineClock) -> Result<Self, AuthenticatorError> {
        let audience = audience_of(&rules.service);
        let issuer = |trusted: &Trusted| {
            Ok(Issuer {
                name: trusted.issuer.as_str().into(),
                validation: validation(&trusted.issuer, &audience),
                jwks: Jwks::open(trusted, &clock)?,
                roles: trusted.roles.clone(),
                subjects: trusted.subjects.clone(),
            })
        };
        let issuers = trusted.iter().map(issuer).collect::<Result<_, JwksError>>()?;
        let denied = rules.deny_path.as_deref().map(|path| DenyList::open(path, clock.clone())).transpose()?;
        let verified = VerifiedTokens::new(TOKENS_MAX);
        Ok(Self { issuers, audience, token_age_max: rules.age_max, denied, clock, verified })
    }

    /// Caches at most this many verified tokens, rounded down to an even number; the default is 10,000. With 0 every call verifies a signature.
    pub fn with_tokens_max(self, tokens_max: usize) -> Self {
        Self { verified: VerifiedTokens::new(tokens_max), ..self }
    }

    /// Trusts the tokens that a local key signs for a service, in any role, and no others.
    pub fn local(key: &LocalKey, service: &str) -> Result<Self, AuthenticatorError> {
        Self::new(&[Trusted::file(LOCAL_ISSUER, key.jwks_path(), &Role::ALL)], &TokenRules::new(service))
    }

    /// The caller, by the metadata of the call.
    pub fn authenticate(&self, metadata: &HeaderMap) -> Result<Arc<Caller>, Unauthenticated> {
        let mut values = metadata.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(Unauthenticated::Missing)?;
        if values.next().is_some() || value.len() > TOKEN_LENGTH_MAX {
            return Err(Unauthenticated::Invalid);
        }
        let value = value.to_str().map_err(|_| Unauthenticated::Invalid)?;
        match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => {
                self.admitted(token.trim())
            }
            _ => Err(Unauthenticated::Missing),
        }
    }

    /// The caller that a token identifies.
    pub fn authenticate_token(&self, token: &str) -> Result<Caller, Unauthenticated> {
        self.admitted(token).map(Arc::unwrap_or_clone)
    }

    /// The caller of a token that is valid and not denied.
    fn admitted(&self, token: &str) -> Result<Arc<Caller>, Unauthenticated> {
        let verified = self.verified(token)?;
        let Caller { issuer, subject, .. } = &*verified.caller;
        let is_denied = |list: &DenyList| list.value().contains(issuer, subject, verified.token_id.as_deref());
        if self.denied.as_ref().is_some_and(is_denied) {
            return Err(refused("the deny list names its subject or its id"));
        }
        Ok(Arc::clone(&verified.caller))
    }

    /// The token's content, from the cache where it is there.
    fn verified(&self, token: &str) -> Result<Arc<Verified>, Unauthenticated> {
        let (digest, now_seconds) = (token_digest(token), self.clock.now_seconds());
        loop {
            // Lookup and verification use the same snapshot of keys, so that a token is never cached under keys that did not verify it.
            let keys = self.keys();
            if let Some(verified) = self.verified.find(&keys, &digest, now_seconds) {
                return Ok(verified);
            }
            match self.verify(token, &keys, now_seconds) {
                Ok(verified) => {
                    let verified = Arc::new(verified);
                    self.verified.insert(&keys, digest, Arc::clone(&verified));
                    return Ok(verified);
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
        if header.crit.is_some() {
            return Err(refused("its header has critical extensions, which are not supported"));
        }
        // RFC 7519 and RFC 9068; a token of another type, such as an ID token's logout token, is not an access token.
        let is_access_token =
            |kind: &String| ["jwt", "at+jwt", "application/at+jwt"].contains(&kind.to_ascii_lowercase().as_str());
        if !header.typ.as_ref().is_none_or(is_access_token) {
            return Err(refused("its header's `typ` is neither JWT nor at+jwt"));
        }
        let id = header.kid.ok_or_else(|| refused("it names no key"))?;
        let Claimed { iss } = insecure_decode_claims(token).map_err(|error| refused(&error.to_string()))?;
        // A token is refused only when no issuer accepts it, so the cause is logged at the end.
        let (mut why, mut cause) = (Unauthenticated::Invalid, "no trusted issuer has its key".to_owned());
        for (issuer, keys) in self.issuers.iter().zip(keys).filter(|(issuer, _)| *issuer.name == *iss) {
            let Issuer { validation, jwks, .. } = issuer;
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
                    let Payload { iat, nbf, exp, .. } = data.claims;
                    let expiry = exp.min(iat.saturating_add(self.token_age_max.as_secs()));
                    let validity = Validity { not_before: nbf.max(iat), expiry };
                    if validity.is_expired(now_seconds) {
                        why = Unauthenticated::Expired;
                    } else if validity.is_early(now_seconds) {
                        (why, cause) = (Unauthenticated::Invalid, "it is not valid yet".to_owned());
                    } else {
                        let token_id = data.claims.jti.clone().filter(|id| id.len() <= SUBJECT_LENGTH_MAX);
                        let caller = Arc::new(self.caller(issuer, data.claims)?);
                        return Ok(Verified { caller, token_id, validity });
                    }
                }
                Err(error) => (why, cause) = (Unauthenticated::Invalid, error.to_string()),
            }
        }
        Err(if why == Unauthenticated::Invalid { refused(&cause) } else { why })
    }

    fn caller(&self, issuer: &Issuer, claims: Payload) -> Result<Caller, Unauthenticated> {
        if claims.sub.is_empty() || claims.sub.len() > SUBJECT_LENGTH_MAX || claims.sub.chars().any(char::is_control) {
            return Err(refused("its subject is empty, too long or not printable"));
        }
        if is_service(&claims.sub) {
            return Err(refused("its subject is the name of a service, which is the actor of the service's own changes"));
        }
        let role: Role = match &claims.role {
            Some(text) => text.parse().map_err(|_| refused("its role is unknown"))?,
            None => *issuer
                .subjects
                .get(&claims.sub)
                .ok_or_else(|| refused("it has no role, and configuration assigns none to its subject"))?,
        };
        if !issuer.roles.contains(&role) {
            return Err(refused("its issuer may not speak for its role"));
        }
        let scope = role.token_scope();
        if scope == TokenScope::Service && !claims.aud.contains(&self.audience) {
            return Err(refused("its role needs the audience of this service alone"));
        }
        let hub = claims.hub.filter(|_| scope == TokenScope::Hub);
        let school = claims.school.filter(|_| scope == TokenScope::School);
        let person = claims.person.filter(|_| scope == TokenScope::Person);
        let is_complete = match scope {
            TokenScope::Hub => hub.as_deref().is_some_and(|hub| names(hub, "hubs/")),
            TokenScope::School => school.as_deref().is_some_and(|school| names(school, "schools/")),
            TokenScope::Person => person.as_deref().is_some_and(|person| names(person, "persons/")),
            TokenScope::All | TokenScope::Service => true,
        };
        if !is_complete {
            return Err(refused("it lacks the hub, school or person that its role needs"));
        }
        Ok(Caller { issuer: Arc::clone(&issuer.name), subject: claims.sub, role, hub, school, person })
    }
}

/// Logs the cause. The caller gets no details.
fn refused(why: &str) -> Unauthenticated {
    tracing::info!(why, "refused a token");
    Unauthenticated::Invalid
}

/// True for the names of the suite's services, which are the packages of the contracts with events.
fn is_service(subject: &str) -> bool {
    contracts().get_file_by_name(&format!("mathshubs/{subject}/v1/events.proto")).is_some()
}

fn names(name: &str, collection: &str) -> bool {
    let id = name.strip_prefix(collection).unwrap_or_default();
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn validation(issuer: &str, audience: &str) -> Validation {
    // Each key sets its algorithm; the one here is not used.
    let mut validation = Validation::new(jsonwebtoken::Algorithm::EdDSA);
    // `verify` checks times, by the injected clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.set_audience(&[AUDIENCE, audience]);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "iat", "iss", "aud", "sub"]);
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
        let authenticator = Authenticator::local(&key, "network").unwrap();
        let caller = Caller::new(Role::Ncetm, "ada");
        let genuine = key.sign(&Claims::new(&caller, Duration::from_secs(60)));
        assert_eq!(authenticator.authenticate_token(&genuine), Ok(caller.clone()));
        let keys: KeySnapshot = authenticator.issuers.iter().map(|issuer| issuer.jwks.keys()).collect();
        let now_seconds = authenticator.clock.now_seconds();
        assert_eq!(
            authenticator.verified.find(&keys, &token_digest(&genuine), now_seconds).as_deref().map(|verified| &*verified.caller),
            Some(&caller)
        );
        // A cached text without a signature: it would be refused if it were verified.
        let validity = Validity { not_before: 0, expiry: now_seconds + 60 };
        let planted = Arc::new(Verified { caller: Arc::new(caller.clone()), token_id: None, validity });
        authenticator.verified.insert(&keys, token_digest("planted"), planted);
        assert_eq!(authenticator.authenticate_token("planted"), Ok(caller));
        assert_eq!(authenticator.authenticate_token("refused"), Err(Unauthenticated::Invalid));
        assert_eq!(authenticator.verified.find(&keys, &token_digest("refused"), now_seconds), None, "refusals are not cached");
    }
}
