//! Which application a verb is about, and who asks.

use service::Command;

use crate::{
    domain::{Application, ApplicationId, Ground, Places, Round, RoundId, Scope},
    error::Error,
    store::{self, ScopeKey},
};

/// An application's name, and the caller's scope.
#[derive(Debug, Clone)]
pub(crate) struct ApplicationRef {
    pub(crate) round: RoundId,
    pub(crate) id: ApplicationId,
    pub(crate) scope: Scope,
}

impl ApplicationRef {
    /// What the caller gets when it is not there, or not to be seen.
    pub(crate) fn not_found(&self) -> Error {
        Error::NotFound(format!("{}/{}", self.round, self.id))
    }

    /// As it stands now, with its round; another transaction may change them.
    pub(crate) async fn read(&self, cmd: &mut Command<'_, '_>) -> Result<(Application, Round), Error> {
        let scope = ScopeKey::new(&self.scope, cmd.today());
        store::application::find_application_and_round(cmd.tx, &scope, &self.round, &self.id)
            .await?
            .ok_or_else(|| self.not_found())
    }

    /// The same, and what it stands on today.
    pub(crate) async fn read_with_ground(&self, cmd: &mut Command<'_, '_>) -> Result<(Application, Round, Ground), Error> {
        let scope = ScopeKey::new(&self.scope, cmd.today());
        store::application::find_application_and_ground(cmd.tx, &scope, &self.round, &self.id)
            .await?
            .ok_or_else(|| self.not_found())
    }

    /// Held until the end of the transaction.
    pub(crate) async fn hold(&self, cmd: &mut Command<'_, '_>) -> Result<Application, Error> {
        let scope = ScopeKey::new(&self.scope, cmd.today());
        store::application::find_application_held(cmd.tx, &scope, &self.round, &self.id).await?.ok_or_else(|| self.not_found())
    }

    /// Held together with the hub's places, which come first in the order of locks: for verbs that free a place or an offer. There are no places
    /// when the hub was given none yet.
    pub(crate) async fn hold_with_places(
        &self,
        cmd: &mut Command<'_, '_>,
    ) -> Result<(Application, Round, Option<Places>), Error> {
        let (seen, round) = self.read(cmd).await?;
        let places = store::places::find_places_held(cmd.tx, &seen.round, &seen.hub, &seen.programme).await?;
        // On PostgreSQL another transaction may have changed it before the places were ours; SQLite has one writer.
        let application = if cmd.tx.is_postgres() { self.hold(cmd).await? } else { seen };
        Ok((application, round, places))
    }
}
