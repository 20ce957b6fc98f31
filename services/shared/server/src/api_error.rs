//! Errors for callers: a code, a stable reason, a sentence, and all wrong fields.

use std::time::Duration;

use name::DecisionId;
use proto::Reason;
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

/// An error that becomes a [`Status`]. It has exactly one `ErrorInfo` of the domain `mathshubs`.
#[derive(Debug, Clone)]
pub struct ApiError {
    reason: Reason,
    message: String,
    metadata: Vec<(String, String)>,
    violations: Vec<(String, String)>,
    retry_after: Option<Duration>,
}

impl ApiError {
    /// With a reason, and a sentence that says what is wrong and what to do.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), metadata: Vec::new(), violations: Vec::new(), retry_after: None }
    }

    /// Adds a machine-readable value.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.metadata.push((key.to_owned(), value.to_string()));
        self
    }

    /// Adds to the sentence the call that helps, where the rule belongs to a crate that knows no calls: `; ` and this text.
    #[must_use]
    pub fn remedy(mut self, remedy: &str) -> Self {
        self.message = format!("{}; {remedy}", self.message);
        self
    }

    /// Adds the time after which the request should be sent again.
    #[must_use]
    pub fn retry_after(mut self, time: Duration) -> Self {
        self.retry_after = Some(time);
        self
    }

    /// INVALID_ARGUMENT for one field.
    pub fn field(field: &str, description: impl Into<String>) -> Self {
        Self::fields(vec![(field.to_owned(), description.into())])
    }

    /// INVALID_ARGUMENT for all these fields.
    pub fn fields(violations: Vec<(String, String)>) -> Self {
        let sentence = violations.iter().map(|(field, why)| format!("{field}: {why}")).collect::<Vec<_>>().join("; ");
        Self { violations, ..Self::new(Reason::FieldInvalid, sentence) }
    }

    /// NOT_FOUND for a resource within the caller's scope.
    pub fn not_found(name: &str) -> Self {
        Self::new(Reason::NotFound, format!("there is no `{name}`")).with("name", name)
    }

    /// FAILED_PRECONDITION because the Council's decision by this name is not recorded, or the service has not read of it yet.
    pub fn decision_unknown(name: &DecisionId) -> Self {
        let message =
            format!("`{name}` is no recorded decision of the Council; record it with CouncilService.RecordDecision first");
        Self::new(Reason::DecisionUnknown, message).with("decision", name)
    }

    /// ABORTED because the resource changed since the caller read it.
    pub fn stale(name: &str) -> Self {
        let message = format!("`{name}` has changed since it was read; read it again and send its etag");
        Self::new(Reason::EtagStale, message).with("name", name)
    }

    /// A database error for the caller: UNAVAILABLE when a retry may help, otherwise INTERNAL. The log gets the chain of causes.
    pub fn database(error: &db::Error) -> Self {
        if error.is_transient() {
            tracing::warn!(%error, "a transaction did not succeed");
            return Self::new(Reason::TryAgainUnavailable, "the database could not do it now; send the same request again");
        }
        tracing::error!(error = error as &dyn std::error::Error, "the database failed");
        Self::new(Reason::Internal, "the service failed; its log says why")
    }

    /// The reason.
    pub fn reason(&self) -> Reason {
        self.reason
    }
}

impl From<db::Error> for ApiError {
    fn from(error: db::Error) -> Self {
        Self::database(&error)
    }
}

impl From<ApiError> for Status {
    fn from(error: ApiError) -> Self {
        let metadata: std::collections::HashMap<String, String> = error.metadata.into_iter().collect();
        let mut details = ErrorDetails::with_error_info(error.reason.as_str(), "mathshubs", metadata);
        for (field, description) in error.violations {
            details.add_bad_request_violation(field, description);
        }
        if let Some(time) = error.retry_after {
            details.set_retry_info(Some(time));
        }
        Self::with_error_details(error.reason.code(), error.message, details)
    }
}
