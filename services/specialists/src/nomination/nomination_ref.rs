//! Which nomination a verb is about, and who asks.

use service::Command;

use crate::{
    domain::{Cohort, CohortId, Nomination, NominationId, Scope},
    error::Error,
    store::{self, Hold, ScopeKey},
};

/// A nomination's name, and the caller's scope.
#[derive(Debug, Clone)]
pub(crate) struct NominationRef {
    pub(crate) cohort: CohortId,
    pub(crate) id: NominationId,
    pub(crate) scope: Scope,
}

impl NominationRef {
    /// What the caller gets when it is not there, or not to be seen.
    fn not_found(&self) -> Error {
        Error::NotFound(format!("{}/{}", self.cohort, self.id))
    }

    /// With its cohort, which nobody else holds until the end of the transaction.
    pub(crate) async fn hold(&self, cmd: &mut Command<'_, '_>) -> Result<(Cohort, Nomination), Error> {
        let cohort = store::cohort::find_cohort_held(cmd.tx, &self.cohort, Hold::Alone).await?.ok_or_else(|| self.not_found())?;
        let scope = ScopeKey::new(&self.scope, cmd.today());
        let nomination = store::nomination::find_nomination(cmd.tx, &scope, &self.cohort, &self.id).await?;
        Ok((cohort, nomination.ok_or_else(|| self.not_found())?))
    }
}
