//! Which cases a caller may see.

use name::{HubId, Urn};

/// The cases that a caller may see. It is applied in the SQL itself, so what lies outside does not exist for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them.
    All,
    /// Those of one hub.
    Hub(HubId),
    /// Those of one school, and of the schools from which it descends.
    School(Urn),
}
