//! The meeting that a request names, within the scope of its caller.

use scope::{Scope, ScopeKey};
use server::ApiError;
use service::{Command, Error};

use crate::{
    Names,
    parent::{Parent, ParentId},
    rules::{Meeting, MeetingId},
    store,
};

/// A parent's name, and the caller's scope.
#[derive(Debug, Clone)]
pub(crate) struct ParentRef {
    pub(crate) names: Names,
    pub(crate) id: ParentId,
    pub(crate) scope: Scope,
}

impl ParentRef {
    /// Until the transaction ends, the parent does not change.
    pub(crate) async fn lock_for_share(&self, cmd: &mut Command<'_, '_>) -> Result<Parent, Error> {
        let scope = ScopeKey::new(&self.scope, cmd.today());
        let found = store::find_parent_for_share(cmd.tx, &scope, &self.id).await?;
        Ok(found.ok_or_else(|| ApiError::not_found(&format!("{}/{}", self.names.parents, self.id.as_str())))?)
    }
}

/// A meeting's name, and the caller's scope.
#[derive(Debug, Clone)]
pub(crate) struct MeetingRef {
    pub(crate) parent: ParentRef,
    pub(crate) id: MeetingId,
}

impl MeetingRef {
    /// NOT_FOUND: there is no such meeting in the caller's scope.
    pub(crate) fn not_found(&self) -> ApiError {
        ApiError::not_found(&format!("{}/{}/{}", self.parent.names.parents, self.parent.id.as_str(), self.id))
    }

    /// The meeting, locked until the end of the transaction, and its parent, which does not change until then.
    pub(crate) async fn lock(&self, cmd: &mut Command<'_, '_>) -> Result<(Parent, Meeting), Error> {
        let ParentRef { names, id, .. } = &self.parent;
        let scope = ScopeKey::new(&self.parent.scope, cmd.today());
        let parent = store::find_parent_for_share(cmd.tx, &scope, id).await?.ok_or_else(|| self.not_found())?;
        let meeting = store::find_meeting_for_update(cmd.tx, *names, id, &self.id).await?;
        Ok((parent, meeting.ok_or_else(|| self.not_found())?))
    }
}
