//! Wire in, wire out: each call is decoded and given to one use case, which gives the answer.

mod budget;
mod decode;
mod entitlement;
mod ledger;
mod payment;
mod policy;
mod status;

use service::Context;

/// Serves the five gRPC services of funding.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) context: Context,
}
