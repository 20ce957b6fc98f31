//! The slots of imports and publications, which share a turn.

use tokio::sync::{OwnedSemaphorePermit, SemaphorePermit};

use server::ApiError;
use upload::{Slots, Turn};

/// Violations of a stream that one answer names.
pub(crate) const VIOLATIONS_MAX: usize = 20;
/// Imports in progress, from the first message to the answer.
const IMPORTS_MAX: usize = 4;
/// Publications in progress, from the first message to the answer.
const PUBLICATIONS_MAX: usize = 4;

/// The places of all streams of the service. A clone shares them.
#[derive(Debug, Clone)]
pub(crate) struct StreamSlots {
    imports: Slots,
    publications: Slots,
    turn: Turn,
}

impl StreamSlots {
    pub(crate) fn new() -> Self {
        let (imports, publications) = (Slots::new("imports", IMPORTS_MAX), Slots::new("publications", PUBLICATIONS_MAX));
        Self { imports, publications, turn: Turn::default() }
    }

    /// Takes a slot until it is dropped. Errors when [`IMPORTS_MAX`] imports are in progress.
    pub(crate) fn import(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        self.imports.take()
    }

    /// Takes a slot until it is dropped. Errors when [`PUBLICATIONS_MAX`] publications are in progress.
    pub(crate) fn publication(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        self.publications.take()
    }

    /// Waits for the turn: one stream at a time is in memory as a whole, an import or a publication, until its transaction ends.
    pub(crate) async fn turn(&self) -> SemaphorePermit<'_> {
        self.turn.wait().await
    }
}
