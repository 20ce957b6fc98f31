//! One log line and one measurement per call, however it ends.
//!
//! Attribute and metric names are those of OpenTelemetry's stable RPC conventions: `rpc.system.name`, `rpc.method` (with the service),
//! `rpc.response.status_code` (the name of the gRPC code), `error.type` (the same name, for failures of the service only), and the histogram
//! `rpc.server.call.duration` in seconds.

use std::{sync::LazyLock, time::Instant};

use tonic::Code;
use tracing::Span;

use crate::{call::RequestId, log_budget::LogBudget};

/// The method's name in metrics for unknown methods, so that callers cannot create time series.
const METHOD_OTHER: &str = "_OTHER";

/// Lines of calls in a second, so that the log does not fill a disk under load: about a megabyte. Failures of the service are always logged.
static LINES: LazyLock<LogBudget> = LazyLock::new(|| LogBudget::new(1_500));

/// A call in progress. It is recorded when it finishes, or when it is dropped because its caller disconnected.
pub(crate) struct Record {
    pub(crate) method: String,
    pub(crate) known: bool,
    /// From the metadata `x-request-id`, for calls whose message has none.
    pub(crate) request_id: String,
    /// From the message, once it is read.
    pub(crate) message_request_id: RequestId,
    pub(crate) trace_id: String,
    /// The role of the caller, and the hub or school for which it acts. Not the subject, which can be a name or an address: the audit trail has it.
    pub(crate) role: &'static str,
    pub(crate) acting_for: String,
    pub(crate) span: Span,
    pub(crate) started: Instant,
    /// True if the caller set a deadline before the service's default: a call that exceeds it is no failure of the service.
    pub(crate) deadline_is_short: bool,
    code: Option<Code>,
}

impl Record {
    pub(crate) fn begin(method: String, known: bool, request_id: String, trace_id: String, span: Span) -> Self {
        metrics::gauge!("rpc_server_calls_in_flight").increment(1.0);
        let (role, acting_for, message_request_id) = ("", String::new(), RequestId::default());
        let started = Instant::now();
        let deadline_is_short = false;
        Self {
            method,
            known,
            request_id,
            message_request_id,
            trace_id,
            role,
            acting_for,
            span,
            started,
            deadline_is_short,
            code: None,
        }
    }

    /// Records the code of a finished call.
    pub(crate) fn finish(mut self, code: Code) {
        self.code = Some(code);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let seconds = self.started.elapsed().as_secs_f64();
        let status = code_name(self.code.unwrap_or(Code::Cancelled));
        metrics::gauge!("rpc_server_calls_in_flight").decrement(1.0);
        let method = if self.known { self.method.clone() } else { METHOD_OTHER.to_owned() };
        let is_short = self.deadline_is_short && self.code == Some(Code::DeadlineExceeded);
        let is_failure = self.code.is_some_and(is_server_error) && !is_short;
        let labels =
            [("rpc_system_name", "grpc".to_owned()), ("rpc_method", method), ("rpc_response_status_code", status.to_owned())];
        let failure = is_failure.then(|| ("error_type", status.to_owned()));
        let labels: Vec<_> = labels.into_iter().chain(failure).collect();
        metrics::histogram!("rpc_server_call_duration_seconds", &labels).record(seconds);
        self.span.record("rpc.response.status_code", status);
        if is_failure {
            self.span.record("error.type", status).record("otel.status_code", "ERROR");
        }
        let _entered = self.span.enter();
        let Self { method, trace_id, role, acting_for, .. } = &*self;
        let request_id = self.message_request_id.get().unwrap_or(&self.request_id);
        let duration_ms = (seconds * 1e6).round() / 1e3;
        match self.code {
            Some(Code::Internal | Code::Unknown | Code::DataLoss) => {
                tracing::error!(method, status, duration_ms, request_id, trace_id, role, acting_for, "call");
            }
            _ => match LINES.line() {
                Some(0) => tracing::info!(method, status, duration_ms, request_id, trace_id, role, acting_for, "call"),
                Some(left_out) => {
                    tracing::info!(method, status, duration_ms, request_id, trace_id, role, acting_for, left_out, "call");
                }
                None => {}
            },
        }
    }
}

/// True for codes that the conventions call server errors; other codes describe the caller's request.
fn is_server_error(code: Code) -> bool {
    use Code::{DataLoss, DeadlineExceeded, Internal, Unavailable, Unimplemented, Unknown};
    matches!(code, Unknown | DeadlineExceeded | Unimplemented | Internal | Unavailable | DataLoss)
}

/// The name as the conventions write it.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
