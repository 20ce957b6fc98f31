//! Wire in, wire out: each call is decoded, given to one use case, and its answer encoded.

#[path = "../cohort/api.rs"]
mod cohort;
#[path = "../cohort/wire.rs"]
mod decode;
#[path = "../nomination/api.rs"]
mod nomination;
mod status;

use service::Context;

/// Serves the two services of specialists.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) context: Context,
}

/// The last key of the page before, where keys are numbers; 0 before the first. A token that was tampered with begins again.
fn number_after(page: &server::Page) -> i64 {
    page.after.as_deref().and_then(|key| key.parse().ok()).unwrap_or(0)
}
