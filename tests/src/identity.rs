//! Identities of callers, and their tokens.

use std::time::Duration;

use access::{AUDIENCE, Caller as Identity, Claims, LocalKey, Role, TokenScope, audience_of};

/// Lifetime of tokens.
pub(crate) const TOKEN_LIFETIME: Duration = Duration::from_secs(3_600);

/// A second issuer, which speaks for hub leads and schools only.
pub(crate) const OTHER_ISSUER: &str = "https://schools.example";

/// The identity of a role.
pub(crate) fn identity(role: Role, subject: &str) -> Identity {
    Identity::new(role, subject)
}

/// The identity of a role, for the hub `hubs/north`, the school `schools/100001` or a person if the role needs one.
pub(crate) fn identity_in_role(role: Role) -> Identity {
    let scope = role.token_scope();
    let hub = (scope == TokenScope::Hub).then(|| "hubs/north".to_owned());
    let school = (scope == TokenScope::School).then(|| "schools/100001".to_owned());
    let person = (scope == TokenScope::Person).then(|| "persons/018f0000-0000-7000-8000-000000000001".to_owned());
    Identity { hub, school, person, ..identity(role, role.as_str()) }
}

/// The key of the second issuer, beside the key of the first.
pub(crate) fn other_issuer_key(key: &LocalKey) -> LocalKey {
    LocalKey::open_or_create(&key.jwks_path().with_file_name("other-issuer")).expect("a key can be kept in the folder")
}

/// A token for an identity, for all services.
pub(crate) fn token(key: &LocalKey, caller: &Identity) -> String {
    let services = ["network", "enrolment", "specialists", "funding"].map(audience_of);
    let aud = [AUDIENCE.to_owned()].into_iter().chain(services).collect();
    key.sign(&Claims { aud, ..Claims::new(caller, TOKEN_LIFETIME) })
}
