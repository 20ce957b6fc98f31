//! The application that a request names, within the scope of its caller.

use scope::{Scope, ScopeKey};
use server::ApiError;
use service::{Command, Error};

use super::{
    claim,
    eligibility::Eligibility,
    open_reserve,
    rules::{Application, ApplicationId, ApplicationViolation},
    store,
};
use crate::{
    places::{self, Places},
    round::{Round, RoundId},
};

/// An application's name, and the caller's scope.
#[derive(Debug, Clone)]
pub(crate) struct ApplicationRef {
    pub(crate) round: RoundId,
    pub(crate) id: ApplicationId,
    pub(crate) scope: Scope,
}

impl ApplicationRef {
    /// NOT_FOUND: there is no such application in the caller's scope.
    pub(super) fn not_found(&self) -> ApiError {
        ApiError::not_found(&format!("{}/{}", self.round, self.id))
    }

    /// The application and its round. On PostgreSQL another transaction may change them.
    pub(super) async fn read(&self, cmd: &mut Command<'_, '_>) -> Result<(Application, Round), Error> {
        let scope = ScopeKey::new(&self.scope, cmd.today());
        let found = store::find_application_and_round(cmd.tx, &scope, &self.round, &self.id).await?;
        Ok(found.ok_or_else(|| self.not_found())?)
    }

    /// The application, its round, and whether its school and hub still qualify today.
    pub(super) async fn read_with_eligibility(
        &self,
        cmd: &mut Command<'_, '_>,
    ) -> Result<(Application, Round, Eligibility), Error> {
        let scope = ScopeKey::new(&self.scope, cmd.today());
        let found = store::find_application_and_eligibility(cmd.tx, &scope, &self.round, &self.id).await?;
        Ok(found.ok_or_else(|| self.not_found())?)
    }

    /// The school's lineage has another application, which is named to callers who may act for the school.
    pub(super) async fn has_applied(
        &self,
        cmd: &mut Command<'_, '_>,
        refused: &Application,
        span: &str,
    ) -> Result<ApplicationViolation, Error> {
        let today = cmd.today();
        let other = claim::find_claimant(cmd.tx, &self.scope, refused, span, today).await?;
        Ok(ApplicationViolation::SchoolHasApplied { urn: refused.urn, other })
    }

    /// Locked until the end of the transaction.
    pub(super) async fn lock(&self, cmd: &mut Command<'_, '_>) -> Result<Application, Error> {
        let scope = ScopeKey::new(&self.scope, cmd.today());
        let found = store::find_application_for_update(cmd.tx, &scope, &self.round, &self.id).await?;
        Ok(found.ok_or_else(|| self.not_found())?)
    }

    /// Locked after the hub's places, which come first in the order of locks and have the reserve of today: for verbs that free a place or an offer. `None`
    /// when the hub has no places yet.
    pub(crate) async fn lock_with_places(
        &self,
        cmd: &mut Command<'_, '_>,
    ) -> Result<(Application, Round, Option<Places>), Error> {
        let (seen, round) = self.read(cmd).await?;
        let Some(places) = places::store::find_places_for_update(cmd.tx, &seen.round, &seen.hub, &seen.programme).await? else {
            return Ok((self.lock(cmd).await?, round, None));
        };
        let opened = open_reserve(cmd, places).await?;
        // On PostgreSQL another transaction may have changed it before the places were locked; SQLite has one writer. It may be offered an opened place.
        let is_changed = cmd.tx.is_postgres() || !opened.offered.is_empty();
        let application = if is_changed { self.lock(cmd).await? } else { seen };
        Ok((application, round, Some(opened.places)))
    }
}
