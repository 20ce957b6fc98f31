//! The participation that a request names, within the scope of its caller.

use scope::{Scope, ScopeKey};
use server::ApiError;
use service::{Command, Error};

use super::{
    rules::{Participation, ParticipationId},
    store,
};

/// A participation's name, and the caller's scope.
#[derive(Debug, Clone)]
pub(crate) struct ParticipationRef {
    pub(crate) id: ParticipationId,
    pub(crate) scope: Scope,
}

impl ParticipationRef {
    /// NOT_FOUND: there is no such participation in the caller's scope.
    pub(crate) fn not_found(&self) -> ApiError {
        ApiError::not_found(&self.id.to_string())
    }

    /// Locked until the end of the transaction.
    pub(crate) async fn lock(&self, cmd: &mut Command<'_, '_>) -> Result<Participation, Error> {
        let scope = ScopeKey::new(&self.scope, cmd.today());
        Ok(store::find_participation_for_update(cmd.tx, &scope, &self.id).await?.ok_or_else(|| self.not_found())?)
    }
}
