//! Limits of texts that several resources have.

/// Longest name of a decision, in characters.
pub(crate) const DECISION_LENGTH_MAX: usize = 200;
/// Longest reason, in characters.
pub(crate) const REASON_LENGTH_MAX: usize = 500;
