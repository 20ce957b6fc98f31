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
            Self::Invalid => "TOKEN_INVALID",
        }
    }
}

impl From<Unauthenticated> for Status {
    fn from(why: Unauthenticated) -> Self {
        let details =
            ErrorDetails::with_error_info(why.reason(), "mathshubs", std::collections::HashMap::<String, String>::new());
        Self::with_error_details(Code::Unauthenticated, why.to_string(), details)
    }
}
