//! Wire in, wire out: each call is decoded, given to one use case, and its answer encoded.

mod application;
mod decode;
mod participation;
mod round;
mod status;

use crate::act::Desk;

/// Serves the three services of enrolment.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) desk: Desk,
}
