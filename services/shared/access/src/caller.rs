//! Who calls.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a caller is to the programme. As text: `ncetm`, `dfe`, `hub_lead`, `school`, `service`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// NCETM, which coordinates the programme.
    Ncetm,
    /// The Department for Education, which funds it and receives the reports.
    Dfe,
    /// A hub's lead; the token names the hub.
    HubLead,
    /// A school; the token names it.
    School,
    /// Another service of the platform, or a job.
    Service,
}

impl Role {
    /// All of them, in the order in which tables name them.
    pub const ALL: [Self; 5] = [Self::Ncetm, Self::Dfe, Self::HubLead, Self::School, Self::Service];

    /// As tokens, tables and policies write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ncetm => "ncetm",
            Self::Dfe => "dfe",
            Self::HubLead => "hub_lead",
            Self::School => "school",
            Self::Service => "service",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no role; the roles are ncetm, dfe, hub_lead, school and service")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// An authenticated caller, as the layer around the services puts it into a request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's subject; stored as the actor of every change.
    pub subject: String,
    /// What the caller is.
    pub role: Role,
    /// The hub that a hub lead acts for, `hubs/x`; `None` for other roles.
    pub hub: Option<String>,
    /// The school that a school's token is for, `schools/100000`; `None` for other roles.
    pub school: Option<String>,
}
