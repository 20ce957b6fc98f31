//! Who calls.

use crate::Role;

/// An authenticated caller, as the layer around the services puts it into a request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's subject; stored as the actor of every change.
    pub subject: String,
    /// What the caller is.
    pub role: Role,
    /// The hub that the caller acts for, `hubs/x`; `None` for roles without [`crate::TokenScope::Hub`].
    pub hub: Option<String>,
    /// The school that the caller acts for, `schools/100000`; `None` for roles without [`crate::TokenScope::School`].
    pub school: Option<String>,
}
