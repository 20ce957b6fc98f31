//! Resources with a version.

use server::ApiError;

/// A resource that changes: each change makes a new version.
pub trait Resource {
    /// Its name, for example `rounds/2018`.
    fn name(&self) -> String;

    /// Its version, from 1.
    fn version(&self) -> i64;

    /// Its etag.
    fn etag(&self) -> String {
        format!("v{}", self.version())
    }

    /// Whether it is as a caller read it. ABORTED with the reason ETAG_STALE when it has changed since.
    fn check_etag(&self, etag: &str) -> Result<(), ApiError> {
        if self.etag() == etag { Ok(()) } else { Err(ApiError::stale(&self.name())) }
    }
}
