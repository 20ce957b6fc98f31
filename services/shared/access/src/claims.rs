//! The claims of a token.

use std::time::Duration;

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{Caller, MachineClock, Role};

/// Audience of the tokens of people: all services of the suite.
pub const AUDIENCE: &str = "mathshubs";
/// Issuer of the tokens that a [`crate::LocalKey`] signs.
pub const LOCAL_ISSUER: &str = "mathshubs-local";

/// Audience of tokens for one service, `mathshubs-network`. Tokens of programs need it.
pub fn audience_of(service: &str) -> String {
    format!("{AUDIENCE}-{service}")
}

/// The claims of a token that this program signs. Times are seconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// Subject.
    pub sub: String,
    /// Audiences: [`AUDIENCE`], or those of services.
    pub aud: Vec<String>,
    /// Time of issue.
    pub iat: u64,
    /// Start of validity.
    pub nbf: u64,
    /// Expiry.
    pub exp: u64,
    /// Id of the token, by which a deny list can name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// Role of the subject. Absent in tokens of issuers without roles; configuration then assigns a role to the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The hub that a hub lead acts for, `hubs/x`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    /// The school that a school's account acts for, `schools/100000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school: Option<String>,
    /// The person that a leader is, `persons/x`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

impl Claims {
    /// Claims for a caller, for all services, valid from now on for `lifetime`, by the machine's clock. Programs need the audience of one service:
    /// [`audience_of`].
    pub fn new(caller: &Caller, lifetime: Duration) -> Self {
        let now = MachineClock::system().now_seconds();
        let mut id = [0; 16];
        rand::fill(&mut id).expect("the machine gives random bytes");
        Self {
            iss: caller.issuer.to_string(),
            sub: caller.subject.clone(),
            aud: vec![AUDIENCE.to_owned()],
            iat: now,
            nbf: now,
            exp: now + lifetime.as_secs(),
            jti: Some(URL_SAFE_NO_PAD.encode(id)),
            role: Some(caller.role),
            hub: caller.hub.clone(),
            school: caller.school.clone(),
            person: caller.person.clone(),
        }
    }
}
