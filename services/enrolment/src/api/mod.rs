//! Wire in, wire out: each call is decoded and given to one use case, which gives the answer.

mod application;
mod decode;
mod participation;
mod status;

use crate::service::Api;
