//! Wire in, wire out: each call is decoded and given to one use case, which gives the answer.

mod application;
mod decode;
mod participation;
mod round;
mod status;

use service::Context;

/// Serves the three gRPC services of enrolment.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) context: Context,
}
