//! The claims of a token.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Caller, MachineClock, Role};

/// Required audience of tokens; tokens for another audience are refused.
pub const AUDIENCE: &str = "mathshubs";
/// Issuer of the tokens that a [`crate::LocalKey`] signs.
pub const LOCAL_ISSUER: &str = "mathshubs-local";

/// The claims of a token that this program signs. Times are seconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// Subject.
    pub sub: String,
    /// Audience.
    pub aud: String,
    /// Time of issue.
    pub iat: u64,
    /// Start of validity.
    pub nbf: u64,
    /// Expiry.
    pub exp: u64,
    /// Role of the subject. Absent in tokens of issuers without roles; configuration then assigns a role to the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The hub that a hub lead acts for, `hubs/x`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    /// The school that a school's account acts for, `schools/100000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school: Option<String>,
}

impl Claims {
    /// Claims for a caller, valid from now on for `lifetime`, by the machine's clock.
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
