//! The error contract of funding on one screen.

use server::ApiError;
use tonic::Code;

use crate::{domain::Broken, error::Error};

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Broken(broken) => broken.into(),
            Error::NotFound(name) => Self::not_found(&name),
            Error::PolicyExists(name) => {
                Self::new(Code::AlreadyExists, "POLICY_EXISTS", format!("there is a `{name}` already")).with("name", name)
            }
            Error::PolicyOverlap => {
                let message = "another policy of the kind and programme is in force on one of its days; one without an end is followed by one \
                    that starts later";
                Self::new(Code::FailedPrecondition, "POLICY_OVERLAP", message)
            }
            Error::Stale(name) => Self::stale(&name),
            Error::Field(field, why) => Self::field(field, why),
            Error::NothingPayable => {
                let message = "no entitlement is payable, waits for nobody's decision and is in no batch";
                Self::new(Code::FailedPrecondition, "NOTHING_PAYABLE", message)
            }
            Error::ApproverIsReleaser(name) => {
                let message = format!("who approved `{name}` may not release it; another person must");
                Self::new(Code::FailedPrecondition, "APPROVER_IS_RELEASER", message).with("name", name)
            }
            Error::BatchInReview(count) => {
                let message = format!("{count} entitlements of the batch wait for a decision; decide, or cancel the batch");
                Self::new(Code::FailedPrecondition, "BATCH_IN_REVIEW", message).with("entitlements_count", count)
            }
            Error::BudgetExhausted(name) => {
                let message = format!("less of `{name}` is free than was allocated");
                Self::new(Code::FailedPrecondition, "BUDGET_EXHAUSTED", message).with("name", name)
            }
            Error::TransferReversed(name) => {
                let message = format!("`{name}` was reversed before");
                Self::new(Code::FailedPrecondition, "TRANSFER_REVERSED", message).with("name", name)
            }
            Error::Database(error) => error.into(),
        }
    }
}

impl From<Broken> for ApiError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::ReviewNotDue => Self::new(
                Code::FailedPrecondition,
                "REVIEW_NOT_DUE",
                "nothing is asked about the entitlement that could be answered so",
            ),
            Broken::InBatch(batch) => {
                let message = format!("the entitlement is in `{batch}`; cancel that first");
                Self::new(Code::FailedPrecondition, "ENTITLEMENT_IN_BATCH", message).with("batch", batch)
            }
            Broken::EntitlementState(state) => {
                let message = format!("the entitlement is {}", state.as_str());
                Self::new(Code::FailedPrecondition, "ENTITLEMENT_STATE", message).with("state", state.as_str())
            }
            Broken::BatchState(state) => {
                let message = format!("the batch is {}", state.as_str());
                Self::new(Code::FailedPrecondition, "BATCH_STATE", message).with("state", state.as_str())
            }
            Broken::TransferKind(kind) => {
                let message = format!("allocations and payments can be reversed; this is to {}", kind.as_str());
                Self::new(Code::FailedPrecondition, "TRANSFER_KIND", message).with("kind", kind.as_str())
            }
        }
    }
}
