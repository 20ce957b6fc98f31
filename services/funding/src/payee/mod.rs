//! Payees: recipients of the money of entitlements.

mod rules;
pub(crate) mod store;
pub(crate) mod wire;

pub(crate) use rules::{Payee, PayeeKind, PayeeViolation};
