//! Reasons why a token is refused. The caller gets a remedy; the log gets the cause.

use proto::Reason;
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

/// A call without an authenticated caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// There is no bearer token.
    #[error("send a bearer token in the metadata `authorization`")]
    Missing,
    /// The token was valid once.
    #[error("the token has expired; obtain a new one")]
    Expired,
    /// The keys of its issuer are not fetched yet, or it names an unknown key.
    #[error("the keys of the token's issuer are being fetched; send the call again in some seconds")]
    KeysPending,
    /// Any other cause: a forger must not learn which check failed.
    #[error("the token is not valid here")]
    Invalid,
}

impl Unauthenticated {
    /// The stable reason of the `ErrorInfo`. A key that may still come is no fault of the caller's: its code lets clients send the call again.
    pub fn reason(self) -> Reason {
        match self {
            Self::Missing => Reason::TokenMissing,
            Self::Expired => Reason::TokenExpired,
            Self::KeysPending => Reason::TokenKeysPending,
            Self::Invalid => Reason::TokenInvalid,
        }
    }
}

impl From<Unauthenticated> for Status {
    fn from(why: Unauthenticated) -> Self {
        let details =
            ErrorDetails::with_error_info(why.reason().as_str(), "mathshubs", std::collections::HashMap::<String, String>::new());
        Self::with_error_details(why.reason().code(), why.to_string(), details)
    }
}
