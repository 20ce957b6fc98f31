//! Which nomination a verb is about, and who asks.

use crate::{
    act::Act,
    domain::{Cohort, CohortId, Nomination, NominationId, Scope},
    error::Error,
    store::{self, Hold},
};

/// A nomination's name, and the caller's scope.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) cohort: CohortId,
    pub(crate) id: NominationId,
    pub(crate) scope: Scope,
}

impl Target {
    /// What the caller gets when it is not there, or not to be seen.
    fn not_found(&self) -> Error {
        Error::NotFound(format!("{}/{}", self.cohort, self.id))
    }

    /// With its cohort, which nobody else holds until the end of the transaction.
    pub(crate) async fn hold(&self, act: &mut Act<'_, '_>) -> Result<(Cohort, Nomination), Error> {
        let cohort = store::cohort::find_cohort_held(act.tx, &self.cohort, Hold::Alone).await?.ok_or_else(|| self.not_found())?;
        let scope = act.scope(&self.scope);
        let nomination = store::nomination::find_nomination(act.tx, &scope, &self.cohort, &self.id).await?;
        Ok((cohort, nomination.ok_or_else(|| self.not_found())?))
    }
}
