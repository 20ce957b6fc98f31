//! Why a token was not taken. The caller learns as much as helps it; the log learns the cause.

use tonic::{Code, Status};
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
    /// The stable reason of the `ErrorInfo`.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "TOKEN_MISSING",
            Self::Expired => "TOKEN_EXPIRED",
            Self::KeysPending => "TOKEN_KEYS_PENDING",
            Self::Invalid => "TOKEN_INVALID",
        }
    }

    /// A key that may still come is no fault of the caller's: clients send such a call again by themselves.
    fn code(self) -> Code {
        match self {
            Self::KeysPending => Code::Unavailable,
            Self::Missing | Self::Expired | Self::Invalid => Code::Unauthenticated,
        }
    }
}

impl From<Unauthenticated> for Status {
    fn from(why: Unauthenticated) -> Self {
        let details =
            ErrorDetails::with_error_info(why.reason(), "mathshubs", std::collections::HashMap::<String, String>::new());
        Self::with_error_details(why.code(), why.to_string(), details)
    }
}
