//! Batches: payments that one person approves and another releases.

mod api;
mod approve_batch;
mod batch_ref;
mod cancel_batch;
mod create_batch;
mod get_batch;
mod list_batches;
mod release_batch;
mod rules;
mod store;
mod wire;

#[cfg(test)]
pub(crate) use approve_batch::approve_batch;
pub(crate) use batch_ref::BatchRef;
#[cfg(test)]
pub(crate) use create_batch::create_batch;
#[cfg(test)]
pub(crate) use release_batch::release_batch;
#[cfg(test)]
pub(crate) use rules::TRANSITIONS;
pub(crate) use rules::{Batch, BatchId, BatchState, BatchViolation, Signature};
