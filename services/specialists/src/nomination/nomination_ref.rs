//! Reference to a nomination by a caller.

use db::Tx;
use scope::{Scope, ScopeKey};
use server::ApiError;
use service::{Command, Error};
use time::{AcademicYear, Date};

use super::{Nomination, NominationId, store};
use crate::cohort::{self, Cohort, CohortId};

/// The name of a nomination, and the scope of the caller. A nomination outside the scope is not found.
#[derive(Debug, Clone)]
pub(crate) struct NominationRef {
    pub(crate) cohort: CohortId,
    pub(crate) id: NominationId,
    pub(crate) scope: Scope,
}

impl NominationRef {
    fn not_found(&self) -> ApiError {
        ApiError::not_found(&format!("{}/{}", self.cohort, self.id))
    }

    /// The nomination, with the caller's scope on a day. NOT_FOUND when there is none in scope.
    pub(super) async fn read(&self, tx: &mut Tx<'_>, today: Date) -> Result<Nomination, Error> {
        let scope = ScopeKey::new(&self.scope, today);
        let nomination = store::find_nomination(tx, &scope, &self.cohort, &self.id, AcademicYear::of(today)).await?;
        nomination.ok_or_else(|| self.not_found().into())
    }

    /// The nomination and its cohort, which is locked. NOT_FOUND when there is no such nomination in scope.
    pub(super) async fn for_update(&self, cmd: &mut Command<'_, '_>) -> Result<(Cohort, Nomination), Error> {
        let today = cmd.today();
        let scope = ScopeKey::new(&self.scope, today);
        let cohort = cohort::store::find_cohort_of_nomination_for_update(cmd.tx, &scope, &self.cohort, &self.id).await?;
        let cohort = cohort.ok_or_else(|| self.not_found())?;
        Ok((cohort, self.read(cmd.tx, today).await?))
    }
}
