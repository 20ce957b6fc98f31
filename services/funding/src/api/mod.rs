//! Wire in, wire out: each call is decoded and given to one use case, which gives the answer.

#[path = "../budget/api.rs"]
mod budget;
mod decode;
#[path = "../entitlement/api.rs"]
mod entitlement;
#[path = "../ledger/api.rs"]
mod ledger;
#[path = "../batch/api.rs"]
mod payment;
#[path = "../policy/api.rs"]
mod policy;
mod status;

use service::Context;

/// Serves the five gRPC services of funding.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) context: Context,
}
