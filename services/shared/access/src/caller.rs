//! The authenticated caller.

use crate::Role;

/// An authenticated caller. The call layer stores it in the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's subject; stored as the actor of every change.
    pub subject: String,
    /// The caller's role.
    pub role: Role,
    /// The hub that the caller acts for, `hubs/x`; `None` for roles without [`crate::TokenScope::Hub`].
    pub hub: Option<String>,
    /// The school that the caller acts for, `schools/100000`; `None` for roles without [`crate::TokenScope::School`].
    pub school: Option<String>,
}
