//! The entitlement that a request names, with its etag as the caller read it.

use service::{Command, Error, Resource};

use super::{Entitlement, EntitlementId, store};

/// The id of an entitlement, and its etag.
#[derive(Debug, Clone)]
pub(crate) struct EntitlementRef {
    pub(crate) id: EntitlementId,
    pub(crate) etag: String,
}

impl EntitlementRef {
    /// The entitlement, locked. Errors with NOT_FOUND, or ABORTED when it has changed since it was read.
    pub(super) async fn for_update(&self, cmd: &mut Command<'_, '_>) -> Result<Entitlement, Error> {
        let entitlement = store::entitlement_by_id_for_update(cmd.tx, &self.id).await?;
        entitlement.check_etag(&self.etag)?;
        Ok(entitlement)
    }
}
