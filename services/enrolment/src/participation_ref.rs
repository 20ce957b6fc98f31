//! The participation that a request names, within what its caller may see.

use service::Command;

use crate::{
    domain::{Participation, ParticipationId, Scope},
    error::Error,
    store::{self, ScopeKey},
};

/// A participation's name, and the caller's scope.
#[derive(Debug, Clone)]
pub(crate) struct ParticipationRef {
    pub(crate) id: ParticipationId,
    pub(crate) scope: Scope,
}

impl ParticipationRef {
    pub(crate) async fn hold(&self, cmd: &mut Command<'_, '_>) -> Result<Participation, Error> {
        let scope = ScopeKey::new(&self.scope, cmd.today());
        let found = store::participation::find_participation_held(cmd.tx, &scope, &self.id).await?;
        found.ok_or_else(|| Error::NotFound(self.id.to_string()))
    }
}
