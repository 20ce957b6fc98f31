//! The authenticated caller.

use std::sync::Arc;

use crate::{LOCAL_ISSUER, Role, TokenScope};

/// An authenticated caller. The call layer stores it in the request's extensions.
///
/// Issuer and subject name the person or program; role and hub or school say as what it acts. Equal subjects of two issuers are two identities.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The token's issuer.
    pub issuer: Arc<str>,
    /// The token's subject, which only its issuer makes unique.
    pub subject: String,
    /// The caller's role.
    pub role: Role,
    /// The hub that the caller acts for, `hubs/x`; `None` for roles without [`TokenScope::Hub`].
    pub hub: Option<String>,
    /// The school that the caller acts for, `schools/100000`; `None` for roles without [`TokenScope::School`].
    pub school: Option<String>,
    /// The person that the caller is, `persons/x`; `None` for roles without [`TokenScope::Person`].
    pub person: Option<String>,
}

impl Caller {
    /// A caller of the local issuer, for a role that needs no hub, school or person.
    pub fn new(role: Role, subject: impl Into<String>) -> Self {
        Self { issuer: LOCAL_ISSUER.into(), subject: subject.into(), role, hub: None, school: None, person: None }
    }

    /// A hub lead of the local issuer. `hub` is `hubs/x`.
    pub fn hub_lead(hub: impl Into<String>, subject: impl Into<String>) -> Self {
        Self { hub: Some(hub.into()), ..Self::new(Role::HubLead, subject) }
    }

    /// A school's account of the local issuer. `school` is `schools/100000`.
    pub fn school(school: impl Into<String>, subject: impl Into<String>) -> Self {
        Self { school: Some(school.into()), ..Self::new(Role::School, subject) }
    }

    /// The name of the hub, school or person that the caller acts for; empty for other roles.
    pub fn acting_for(&self) -> &str {
        let name = match self.role.token_scope() {
            TokenScope::Hub => self.hub.as_deref(),
            TokenScope::School => self.school.as_deref(),
            TokenScope::Person => self.person.as_deref(),
            TokenScope::All | TokenScope::Service => None,
        };
        name.unwrap_or_default()
    }
}
