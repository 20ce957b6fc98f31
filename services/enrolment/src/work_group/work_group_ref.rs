//! The group that a request names, within the scope of its caller.

use scope::{Scope, ScopeKey};
use server::ApiError;
use service::{Command, Error};

use super::{
    rules::{WorkGroup, WorkGroupId},
    store,
};

/// A group's name, and the caller's scope.
#[derive(Debug, Clone)]
pub(crate) struct WorkGroupRef {
    pub(crate) id: WorkGroupId,
    pub(crate) scope: Scope,
}

impl WorkGroupRef {
    /// NOT_FOUND: there is no such group in the caller's scope.
    pub(super) fn not_found(&self) -> ApiError {
        ApiError::not_found(&self.id.to_string())
    }

    /// As it is.
    pub(super) async fn read(&self, cmd: &mut Command<'_, '_>) -> Result<WorkGroup, Error> {
        let scope = ScopeKey::new(&self.scope, cmd.today());
        Ok(store::find_work_group(cmd.tx, &scope, &self.id).await?.ok_or_else(|| self.not_found())?)
    }

    /// Locked until the end of the transaction.
    pub(super) async fn lock(&self, cmd: &mut Command<'_, '_>) -> Result<WorkGroup, Error> {
        let scope = ScopeKey::new(&self.scope, cmd.today());
        Ok(store::find_work_group_for_update(cmd.tx, &scope, &self.id).await?.ok_or_else(|| self.not_found())?)
    }
}
