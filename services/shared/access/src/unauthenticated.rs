//! Why a token was not taken. The caller learns as much as helps it; the log learns the cause.

use proto::Reason;
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

/// A call without an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// There is no bearer token.
    #[error("send a bearer token in the metadata `authorization`")]
    Missing,
    /// It held once.
    #[error("the token has expired; obtain a new one")]
    Expired,
    /// The keys of its issuer did not come yet, or it names a new one.
    #[error("the keys of the token's issuer are being fetched; send the call again in some seconds")]
    KeysPending,
    /// Anything else: who forges tokens is not told how far they came.
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
