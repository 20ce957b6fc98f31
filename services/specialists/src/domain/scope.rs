//! Which nominations a caller may see.

use super::{HubId, Urn};

/// The nominations that a caller may see. It is applied in the SQL itself, so what lies outside does not exist for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them.
    All,
    /// Those through one hub.
    Hub(HubId),
    /// Those of one school, and of the schools from which it descends.
    School(Urn),
}

impl Scope {
    /// Whether a new nomination through this hub, of this school, would lie in it.
    pub(crate) fn contains(&self, hub: &HubId, urn: Urn) -> bool {
        match self {
            Self::All => true,
            Self::Hub(own) => own == hub,
            Self::School(own) => *own == urn,
        }
    }

    /// Whether its caller may select for a hub; for the nation when `None`.
    pub(crate) fn may_select(&self, hub: Option<&HubId>) -> bool {
        match self {
            Self::All => true,
            Self::Hub(own) => hub == Some(own),
            Self::School(_) => false,
        }
    }
}
