//! The error contract of funding on one screen.

use proto::Reason;
use server::ApiError;

use crate::{domain::Broken, error::Error};

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Broken(broken) => broken.into(),
            Error::NotFound(name) => Self::not_found(&name),
            Error::PolicyExists(name) => {
                Self::new(Reason::PolicyExists, format!("there is a `{name}` already")).with("name", name)
            }
            Error::PolicyOverlap => {
                let message = "another policy of the kind and programme is in force on one of its days; one without an end is followed by one \
                    that starts later";
                Self::new(Reason::PolicyOverlap, message)
            }
            Error::Stale(name) => Self::stale(&name),
            Error::Field(field, why) => Self::field(field, why),
            Error::NothingPayable => {
                let message = "no entitlement is payable, waits for nobody's decision and is in no batch";
                Self::new(Reason::NothingPayable, message)
            }
            Error::ApproverIsReleaser(name) => {
                let message = format!("who approved `{name}` may not release it; another person must");
                Self::new(Reason::ApproverIsReleaser, message).with("name", name)
            }
            Error::BatchInReview(count) => {
                let message = format!("{count} entitlements of the batch wait for a decision; decide, or cancel the batch");
                Self::new(Reason::BatchInReview, message).with("entitlements_count", count)
            }
            Error::BudgetExhausted(name) => {
                let message = format!("less of `{name}` is free than was allocated");
                Self::new(Reason::BudgetExhausted, message).with("name", name)
            }
            Error::TransferReversed(name) => {
                let message = format!("`{name}` was reversed before");
                Self::new(Reason::TransferReversed, message).with("name", name)
            }
            Error::Database(error) => error.into(),
        }
    }
}

impl From<Broken> for ApiError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::ReviewNotDue => {
                Self::new(Reason::ReviewNotDue, "nothing is asked about the entitlement that could be answered so")
            }
            Broken::InBatch(batch) => {
                let message = format!("the entitlement is in `{batch}`; cancel that first");
                Self::new(Reason::EntitlementInBatch, message).with("batch", batch)
            }
            Broken::EntitlementState(state) => {
                let message = format!("the entitlement is {}", state.as_str());
                Self::new(Reason::EntitlementState, message).with("state", state.as_str())
            }
            Broken::BatchState(state) => {
                let message = format!("the batch is {}", state.as_str());
                Self::new(Reason::BatchState, message).with("state", state.as_str())
            }
            Broken::TransferKind(kind) => {
                let message = format!("allocations and payments can be reversed; this is to {}", kind.as_str());
                Self::new(Reason::TransferKind, message).with("kind", kind.as_str())
            }
        }
    }
}
