//! Makes a caller of a bearer token, or refuses.

use std::collections::HashMap;

use http::{HeaderMap, header::AUTHORIZATION};
use jsonwebtoken::{Validation, dangerous::insecure_decode_claims, decode, decode_header, errors::ErrorKind};
use serde::Deserialize;

use crate::{
    AUDIENCE, Caller, JwksError, LOCAL_ISSUER, LocalKey, Role, TokenScope, Trusted, Unauthenticated,
    jwks::{Jwks, Key},
};

/// Clocks of machines differ by so much.
const LEEWAY_SECONDS: u64 = 10;
/// Longer headers are not looked at.
const TOKEN_LENGTH_MAX: usize = 8 * 1024;
/// Subjects are stored with every change.
const SUBJECT_LENGTH_MAX: usize = 255;

/// Judges tokens. Tokens of several issuers can be trusted: people's from an identity provider, services' from Kubernetes.
pub struct Authenticator {
    issuers: Vec<Issuer>,
    subjects: HashMap<String, Role>,
}

/// An issuer, what its tokens must hold, and its keys.
struct Issuer {
    name: String,
    validation: Validation,
    jwks: Jwks,
}

/// Who says to have issued a token. Whose keys are tried goes by it, and nothing else: those keys then prove it or do not.
#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

/// The claims that are looked at once the signature, times, issuer and audience are known to be right.
#[derive(Deserialize)]
struct Verified {
    sub: String,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    hub: Option<String>,
    #[serde(default)]
    school: Option<String>,
}

impl Authenticator {
    /// Trusts these issuers. `subjects` gives roles to subjects whose tokens carry none, such as Kubernetes' service accounts
    /// (`system:serviceaccount:<namespace>:<name>`). Fails when a JWKS file cannot be read or holds no usable key. An issuer that is to be asked for its
    /// keys need not answer yet; with such a one this must be called within a runtime, and fails when it is no https address or a file for it cannot be read.
    pub fn new(trusted: &[Trusted], subjects: HashMap<String, Role>) -> Result<Self, JwksError> {
        let issuer = |trusted: &Trusted| {
            let (name, validation) = (trusted.issuer.clone(), validation(&trusted.issuer));
            Ok(Issuer { name, validation, jwks: Jwks::open(trusted)? })
        };
        Ok(Self { issuers: trusted.iter().map(issuer).collect::<Result<_, _>>()?, subjects })
    }

    /// Trusts what a local key signs, and nothing else.
    pub fn local(key: &LocalKey) -> Result<Self, JwksError> {
        Self::new(&[Trusted::file(LOCAL_ISSUER, key.jwks_path())], HashMap::new())
    }

    /// Who calls, by the metadata of the call.
    pub fn authenticate(&self, metadata: &HeaderMap) -> Result<Caller, Unauthenticated> {
        let mut values = metadata.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(Unauthenticated::Missing)?;
        if values.next().is_some() || value.len() > TOKEN_LENGTH_MAX {
            return Err(Unauthenticated::Invalid);
        }
        let value = value.to_str().map_err(|_| Unauthenticated::Invalid)?;
        match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => {
                self.judge(token.trim())
            }
            _ => Err(Unauthenticated::Missing),
        }
    }

    /// Whom a token speaks for.
    pub fn judge(&self, token: &str) -> Result<Caller, Unauthenticated> {
        let header = decode_header(token).map_err(|error| refused(&error.to_string()))?;
        let id = header.kid.ok_or_else(|| refused("it names no key"))?;
        let Claimed { iss } = insecure_decode_claims(token).map_err(|error| refused(&error.to_string()))?;
        // A token is refused only when none of the issuers took it, and so the cause is logged at the end.
        let (mut why, mut cause) = (Unauthenticated::Invalid, "nobody that is trusted has its key".to_owned());
        for Issuer { validation, jwks, .. } in self.issuers.iter().filter(|issuer| issuer.name == iss) {
            let found = jwks.keys().and_then(|keys| keys.get(&id).cloned());
            let Some(Key { algorithm, key }) = found else {
                if jwks.missed() {
                    why = Unauthenticated::KeysPending;
                }
                continue;
            };
            let validation = Validation { algorithms: vec![algorithm], ..validation.clone() };
            match decode::<Verified>(token, &key, &validation) {
                Ok(data) => return self.caller(data.claims),
                Err(error) if matches!(error.kind(), ErrorKind::ExpiredSignature) => why = Unauthenticated::Expired,
                Err(error) => (why, cause) = (Unauthenticated::Invalid, error.to_string()),
            }
        }
        Err(if why == Unauthenticated::Invalid { refused(&cause) } else { why })
    }

    fn caller(&self, claims: Verified) -> Result<Caller, Unauthenticated> {
        if claims.sub.is_empty() || claims.sub.len() > SUBJECT_LENGTH_MAX || claims.sub.chars().any(char::is_control) {
            return Err(refused("its subject is empty, too long or unprintable"));
        }
        let role = match &claims.role {
            Some(text) => text.parse().map_err(|_| refused("its role is unknown"))?,
            None => {
                *self.subjects.get(&claims.sub).ok_or_else(|| refused("it carries no role, and its subject is given none"))?
            }
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
            return Err(refused("it does not name the hub or school that it is for"));
        }
        Ok(Caller { subject: claims.sub, role, hub, school })
    }
}

/// The cause goes to the log, not to the caller.
fn refused(why: &str) -> Unauthenticated {
    tracing::info!(why, "refused a token");
    Unauthenticated::Invalid
}

fn names(name: &str, collection: &str) -> bool {
    let id = name.strip_prefix(collection).unwrap_or_default();
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn validation(issuer: &str) -> Validation {
    // The algorithm is set by each key; the one here is never used.
    let mut validation = Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.leeway = LEEWAY_SECONDS;
    validation.validate_nbf = true;
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation
}
