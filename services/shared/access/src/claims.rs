//! What a token says.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Caller, MachineClock, Role};

/// Whom tokens are for; one for another audience is refused.
pub const AUDIENCE: &str = "mathshubs";
/// Who issues the tokens that a [`crate::LocalKey`] signs.
pub const LOCAL_ISSUER: &str = "mathshubs-local";

/// The claims of a token that this program signs. Times are seconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it speaks for.
    pub sub: String,
    /// Whom it is for.
    pub aud: String,
    /// When it was issued.
    pub iat: u64,
    /// From when on it holds.
    pub nbf: u64,
    /// Until when it holds.
    pub exp: u64,
    /// What the subject is. Absent in tokens of issuers that know no roles; then configuration maps the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The hub that a hub lead acts for, `hubs/x`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    /// The school that it is for, `schools/100000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school: Option<String>,
}

impl Claims {
    /// For a caller, from now on and for so long, by the machine's clock.
    pub fn new(caller: &Caller, lifetime: Duration) -> Self {
        let now = MachineClock::system().now_seconds();
        Self {
            iss: LOCAL_ISSUER.to_owned(),
            sub: caller.subject.clone(),
            aud: AUDIENCE.to_owned(),
            iat: now,
            nbf: now,
            exp: now + lifetime.as_secs(),
            role: Some(caller.role),
            hub: caller.hub.clone(),
            school: caller.school.clone(),
        }
    }
}
