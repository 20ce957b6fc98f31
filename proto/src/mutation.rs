//! The fields of every request that changes something, generated from the fields `request_id` and `validate_only` of the contracts.

/// A request that changes something, or the header of a stream of such requests.
pub trait Mutation: prost::Message {
    /// Chosen by the caller: the same request with the same id takes effect once.
    fn request_id(&self) -> &str;

    /// Whether only the answer is wanted, and no effect: a dry run (AIP-163). False where the contract has no such field.
    fn validate_only(&self) -> bool;
}

include!(concat!(env!("OUT_DIR"), "/mutation.rs"));
